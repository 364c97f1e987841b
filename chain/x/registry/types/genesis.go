package types

import (
	"bytes"

	"github.com/lamina-network/lamina/chain/amount"
	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/codec/ed25519x"
)

// DefaultGenesis is a chain without operators and models.
func DefaultGenesis() *GenesisState {
	return &GenesisState{Params: DefaultParams(), NextOperatorId: 1}
}

// Validate checks what can be checked without state: bounds, uniqueness, and that every reference has its target. It
// stops at the first fault and names it.
func (g *GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	operators, err := g.validateOperators()
	if err != nil {
		return err
	}
	if err := g.validateKeys(operators); err != nil {
		return err
	}
	models, err := g.validateModels()
	if err != nil {
		return err
	}
	return g.validateVersions(models)
}

func (g *GenesisState) validateOperators() (map[uint64]*Operator, error) {
	operators := make(map[uint64]*Operator, len(g.Operators))
	for index, operator := range g.Operators {
		switch {
		case operator == nil || operator.Id == 0 || operator.Id >= g.NextOperatorId:
			return nil, ErrGenesis.Wrapf("operators[%d]: expected an id from 1 below next_operator_id %d", index, g.NextOperatorId)
		case operators[operator.Id] != nil:
			return nil, ErrGenesis.Wrapf("operators[%d]: id %d stands there twice", index, operator.Id)
		case CheckRole(operator.Role) != nil || operator.Status == OperatorStatus_OPERATOR_STATUS_UNSPECIFIED:
			return nil, ErrGenesis.Wrapf("operators[%d]: role %s, status %s", index, operator.Role, operator.Status)
		}
		for _, text := range []string{operator.Bond, operator.Debt, operator.OpenValue} {
			if _, err := amount.NonNegative(text); err != nil {
				return nil, ErrGenesis.Wrapf("operators[%d]: bond, debt or open_value: %s", index, err)
			}
		}
		operators[operator.Id] = operator
	}
	if g.NextOperatorId == 0 {
		return nil, ErrGenesis.Wrap("next_operator_id: expected at least 1, found 0")
	}
	return operators, nil
}

func (g *GenesisState) validateKeys(operators map[uint64]*Operator) error {
	seen := make(map[string]bool, len(g.SigningKeys))
	for index, key := range g.SigningKeys {
		if problem := ed25519x.PublicKeyProblem(key.GetKey()); problem != "" {
			return ErrGenesis.Wrapf("signing_keys[%d]: %s", index, problem)
		}
		owner := operators[key.OperatorId]
		if seen[string(key.Key)] || owner == nil || owner.Role != key.Role {
			return ErrGenesis.Wrapf("signing_keys[%d]: %x stands there twice, or has no operator of its role", index, key.Key)
		}
		seen[string(key.Key)] = true
	}
	for index, operator := range g.Operators {
		if !seen[string(operator.SigningKey)] {
			return ErrGenesis.Wrapf("operators[%d]: signing key %x is not among signing_keys", index, operator.SigningKey)
		}
	}
	return nil
}

func (g *GenesisState) validateModels() (map[string]bool, error) {
	seen := make(map[string]bool, len(g.Models))
	for index, model := range g.Models {
		manifest, err := codec.DecodeManifest(model.GetManifest())
		if err != nil {
			return nil, ErrGenesis.Wrapf("models[%d]: %s", index, err)
		}
		id := codec.ModelID(model.Manifest)
		expected := NewModel(id, model.Publisher, model.RegisteredHeight, manifest, model.Manifest)
		if seen[string(id[:])] || expected.String() != model.String() {
			return nil, ErrGenesis.Wrapf("models[%d]: expected what the manifest of %x says, once", index, id)
		}
		seen[string(id[:])] = true
	}
	return seen, nil
}

func (g *GenesisState) validateVersions(models map[string]bool) error {
	publishers := make(map[string]string)
	var last *ModelVersion
	for index, version := range g.Versions {
		if version == nil || !models[string(version.ModelId)] || !IsVersion(version.Version) || !codec.IsModelName(version.Name) {
			return ErrGenesis.Wrapf("versions[%d]: name, version or model", index)
		}
		if last != nil && bytes.Compare(versionKey(last), versionKey(version)) >= 0 {
			return ErrGenesis.Wrapf("versions[%d]: expected ascending names and versions", index)
		}
		if publisher, named := publishers[version.Name]; named && publisher != version.Publisher {
			return ErrGenesis.Wrapf("versions[%d]: %s belongs to %s", index, version.Name, publisher)
		}
		publishers[version.Name], last = version.Publisher, version
	}
	return nil
}

func versionKey(version *ModelVersion) []byte {
	return []byte(version.Name + "\x00" + version.Version)
}
