package codec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// problem names the first rule of docs/spec/manifest.md that the manifest breaks. Decoder and encoder share it, so that
// neither is laxer than the other.
func (m *Manifest) problem() *EncodeError {
	checks := []func() *EncodeError{
		m.wordsProblem, m.filesProblem,
		func() *EncodeError { return tensorsProblem(m.Inputs, "inputs") },
		func() *EncodeError { return tensorsProblem(m.Outputs, "outputs") },
		m.profilesProblem, m.paddingProblem, m.levelsProblem,
	}
	for _, check := range checks {
		if problem := check(); problem != nil {
			return problem
		}
	}
	return nil
}

func broken(item, expected, found string) *EncodeError {
	return &EncodeError{Item: item, Expected: expected, Found: fmt.Sprintf("%.80q", found)}
}

func (m *Manifest) wordsProblem() *EncodeError {
	if !IsModelName(m.Name) {
		return broken("name", "1–64 of a-z 0-9 - . beginning with a letter or digit", m.Name)
	}
	if !consistsOf(m.Task, "-") || len(m.Task) > ManifestNameMax {
		return broken("task", "1–64 of a-z 0-9 -", m.Task)
	}
	if len(m.Labels) > ManifestLabelsMax {
		return broken("labels", fmt.Sprintf("at most %d", ManifestLabelsMax), strconv.Itoa(len(m.Labels)))
	}
	return nil
}

// IsModelName tells whether name is 1–64 of `a-z 0-9 - .` and begins with a letter or digit.
func IsModelName(name string) bool {
	return len(name) <= ManifestNameMax && consistsOf(name, "-.") && name[0] != '-' && name[0] != '.'
}

// consistsOf tells whether text is not empty and holds only a-z, 0-9 and the extra characters.
func consistsOf(text, extra string) bool {
	for _, character := range []byte(text) {
		isPlain := character >= 'a' && character <= 'z' || character >= '0' && character <= '9'
		if !isPlain && strings.IndexByte(extra, character) < 0 {
			return false
		}
	}
	return text != ""
}

const upperLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// isManifestPath tells whether path can only name a file below the model's own folder (T22).
func isManifestPath(path string) bool {
	for _, segment := range strings.Split(path, "/") {
		if segment == "." || segment == ".." || !consistsOf(segment, upperLetters+"._-") {
			return false
		}
	}
	return true
}

func (m *Manifest) filesProblem() *EncodeError {
	if len(m.Files) > ManifestFilesMax {
		return broken("files", fmt.Sprintf("at most %d", ManifestFilesMax), strconv.Itoa(len(m.Files)))
	}
	for index, file := range m.Files {
		if !isManifestPath(file.Path) {
			return broken(fmt.Sprintf("files[%d].path", index), "segments of A-Z a-z 0-9 . _ -, none . or ..", file.Path)
		}
		if index > 0 && m.Files[index-1].Path >= file.Path {
			return broken(fmt.Sprintf("files[%d].path", index), "paths in strictly ascending order", file.Path)
		}
	}
	if !m.hasFile(m.Graph) {
		return broken("graph", "the path of one of files", m.Graph)
	}
	if m.Tokenizer != nil && !m.hasFile(m.Tokenizer.Path) {
		return broken("tokenizer.path", "the path of one of files", m.Tokenizer.Path)
	}
	return nil
}

func (m *Manifest) hasFile(path string) bool {
	return slices.ContainsFunc(m.Files, func(file ManifestFile) bool { return file.Path == path })
}

func tensorsProblem(specs []TensorSpec, item string) *EncodeError {
	if len(specs) == 0 || len(specs) > ManifestTensorsMax {
		return broken(item, fmt.Sprintf("1–%d tensors", ManifestTensorsMax), strconv.Itoa(len(specs)))
	}
	for index, spec := range specs {
		isTaken := slices.ContainsFunc(specs[:index], func(earlier TensorSpec) bool { return earlier.Name == spec.Name })
		if spec.Name == "" || isTaken {
			return broken(fmt.Sprintf("%s[%d].name", item, index), "a name of its own", spec.Name)
		}
		if spec.Type.Size() == 0 {
			return broken(fmt.Sprintf("%s[%d].type", item, index), "an element type of docs/spec/commitments.md", strconv.Itoa(int(spec.Type)))
		}
	}
	return nil
}

func (m *Manifest) profilesProblem() *EncodeError {
	if len(m.Profiles) == 0 || len(m.Profiles) > ManifestProfilesMax {
		return broken("profiles", fmt.Sprintf("1–%d", ManifestProfilesMax), strconv.Itoa(len(m.Profiles)))
	}
	for index, profile := range m.Profiles {
		item := fmt.Sprintf("profiles[%d]", index)
		switch {
		case int(profile.ID) != index+1:
			return broken(item+".id", strconv.Itoa(index+1), strconv.Itoa(int(profile.ID)))
		case profile.UnitsPerItem == 0:
			return broken(item+".units_per_item", "at least 1", "0")
		case len(profile.Inputs) != len(m.Inputs) || len(profile.Outputs) != len(m.Outputs):
			return broken(item, "a shape for every input and output", "another number")
		}
		for _, dims := range slices.Concat(profile.Inputs, profile.Outputs) {
			if problem := shapeProblem(item, dims); problem != nil {
				return problem
			}
		}
	}
	return nil
}

// shapeProblem checks rank and dimensions by docs/spec/commitments.md.
func shapeProblem(item string, dims []uint32) *EncodeError {
	if len(dims) > RankMax {
		return broken(item+".rank", fmt.Sprintf("at most %d", RankMax), strconv.Itoa(len(dims)))
	}
	for _, dim := range dims {
		if dim == 0 || dim > DimensionMax {
			return broken(item+".dims", "1…2147483647", strconv.FormatUint(uint64(dim), 10))
		}
	}
	return nil
}

func (m *Manifest) paddingProblem() *EncodeError {
	if m.Padding == nil {
		return nil
	}
	if !slices.ContainsFunc(m.Inputs, func(spec TensorSpec) bool { return spec.Name == m.Padding.Mask }) {
		return broken("padding.mask", "one of inputs", m.Padding.Mask)
	}
	if len(m.Padding.Values) != len(m.Inputs) {
		return broken("padding.pads", strconv.Itoa(len(m.Inputs)), strconv.Itoa(len(m.Padding.Values)))
	}
	return nil
}

func (m *Manifest) levelsProblem() *EncodeError {
	for index, level := range m.Levels {
		if level < LevelOptimistic || level > LevelZK || index > 0 && level <= m.Levels[index-1] {
			return broken("levels", "levels 1–4 in strictly ascending order", fmt.Sprint(m.Levels))
		}
	}
	return nil
}
