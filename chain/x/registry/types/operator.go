package types

import (
	"encoding/base32"
	"slices"
)

const (
	regionBytesMax     = 32
	capabilitiesMax    = 16
	capabilityBytesMax = 32
	natsKeyBytes       = 56
	natsUserPrefix     = 20 << 3 // base32 `U`

	// GasPerSignature is charged for a possession statement.
	GasPerSignature = 2_000
	// GasPerManifestByte is charged on top of the store's own price.
	GasPerManifestByte = 10
	// UnbondingsPerBlock bounds what a block's end pays back (I23).
	UnbondingsPerBlock = 50
	// UnbondingRetryHeights is how long a bond that still backs open value waits before it is looked at again.
	UnbondingRetryHeights = 10
)

// Values of EventOperator.change.
const (
	ChangeRegistered = "registered"
	ChangeUpdated    = "updated"
	ChangeBonded     = "bonded"
	ChangePaused     = "paused"
	ChangeResumed    = "resumed"
	ChangeJailed     = "jailed"
	ChangeUnjailed   = "unjailed"
	ChangeConvicted  = "convicted"
	ChangeUnbonding  = "unbonding"
	ChangePaidBack   = "paid_back"
	ChangeKeyRotated = "key_rotated"
)

// BondMin is the least bond of a role, in ulam.
func (p *Params) BondMin(role OperatorRole) string {
	if role == OperatorRole_OPERATOR_ROLE_SEQUENCER {
		return p.SequencerBondMin
	}
	return p.WorkerBondMin
}

// CheckRole refuses roles that an operator cannot have.
func CheckRole(role OperatorRole) error {
	if role != OperatorRole_OPERATOR_ROLE_WORKER && role != OperatorRole_OPERATOR_ROLE_SEQUENCER {
		return ErrRole.Wrapf("expected worker or sequencer, found %s", role)
	}
	return nil
}

// CheckStatus refuses an operator in any but the allowed statuses.
func CheckStatus(operator Operator, allowed ...OperatorStatus) error {
	if !slices.Contains(allowed, operator.Status) {
		return ErrOperatorStatus.Wrapf("operator %d is %s", operator.Id, operator.Status)
	}
	return nil
}

// CheckDescription bounds what an operator says of itself. A worker needs a NATS key, by which it gets its work.
func CheckDescription(role OperatorRole, natsKey, region string, capabilities []string) error {
	if !isNATSUserKey(natsKey) && (natsKey != "" || role == OperatorRole_OPERATOR_ROLE_WORKER) {
		return ErrDescription.Wrapf("nats_key: expected an NKey user public key (U…), found %.60q", natsKey)
	}
	if len(region) > regionBytesMax || !isPlain(region) {
		return ErrDescription.Wrapf("region: expected at most %d of a-z 0-9 -, found %.40q", regionBytesMax, region)
	}
	if len(capabilities) > capabilitiesMax {
		return ErrDescription.Wrapf("capabilities: expected at most %d, found %d", capabilitiesMax, len(capabilities))
	}
	for index, capability := range capabilities {
		if capability == "" || len(capability) > capabilityBytesMax || !isPlain(capability) {
			return ErrDescription.Wrapf("capabilities[%d]: expected 1–%d of a-z 0-9 -, found %.40q", index, capabilityBytesMax, capability)
		}
		if slices.Contains(capabilities[:index], capability) {
			return ErrDescription.Wrapf("capabilities[%d]: %q stands there twice", index, capability)
		}
	}
	return nil
}

// CheckOffers wants offers from workers alone, at most max, each for another model at a price of at least 1.
func CheckOffers(role OperatorRole, offers []*Offer, maximum int) error {
	if role != OperatorRole_OPERATOR_ROLE_WORKER && len(offers) > 0 {
		return ErrOffers.Wrapf("expected none of a %s, found %d", role, len(offers))
	}
	if len(offers) > maximum {
		return ErrOffers.Wrapf("expected at most %d, found %d", maximum, len(offers))
	}
	seen := make(map[string]bool, len(offers))
	for index, offer := range offers {
		if offer == nil || len(offer.ModelId) != 32 {
			return ErrOffers.Wrapf("offers[%d].model_id: expected 32 bytes, found %x", index, offer.GetModelId())
		}
		if offer.UnitPrice == 0 {
			return ErrOffers.Wrapf("offers[%d].unit_price: expected at least 1, found 0", index)
		}
		if seen[string(offer.ModelId)] {
			return ErrOffers.Wrapf("offers[%d].model_id: %x stands there twice", index, offer.ModelId)
		}
		seen[string(offer.ModelId)] = true
	}
	return nil
}

func isPlain(text string) bool {
	for _, character := range []byte(text) {
		if (character < 'a' || character > 'z') && (character < '0' || character > '9') && character != '-' {
			return false
		}
	}
	return true
}

// isNATSUserKey checks prefix and CRC-16 (XMODEM, little-endian) of an NKey: prefix 1 ‖ key 32 ‖ checksum 2, in base32.
func isNATSUserKey(text string) bool {
	if len(text) != natsKeyBytes {
		return false
	}
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil || len(raw) != 35 || raw[0] != natsUserPrefix {
		return false
	}
	return crc16(raw[:33]) == uint16(raw[33])|uint16(raw[34])<<8
}

func crc16(bytes []byte) uint16 {
	crc := uint16(0)
	for _, value := range bytes {
		crc ^= uint16(value) << 8
		for range 8 {
			carry := crc&0x8000 != 0
			crc <<= 1
			if carry {
				crc ^= 0x1021
			}
		}
	}
	return crc
}

// IsUnbonding tells whether an operator's bond is on its way back. The status does not say so: a convicted operator
// stays convicted meanwhile.
func IsUnbonding(operator Operator) bool { return operator.UnbondingEnds != 0 }
