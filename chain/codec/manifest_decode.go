package codec

import "strconv"

// DecodeManifest reads a manifest's canonical bytes and refuses one that breaks a rule of docs/spec/manifest.md.
func DecodeManifest(data []byte) (*Manifest, error) {
	r := newReader(data)
	if len(data) > ManifestBytesMax {
		r.fail(KindLengthOverLimit, "manifest", "at most "+strconv.Itoa(ManifestBytesMax)+" bytes", strconv.Itoa(len(data)))
	}
	r.literal(ManifestTag, "tag")
	m := &Manifest{Name: r.str8("name"), Task: r.str8("task"), Licence: r.str8("licence"), Source: r.str16("source")}
	m.Files = readFiles(r)
	m.Graph = r.str16("graph")
	if r.flag("tokenizer") {
		m.Tokenizer = &Tokenizer{Kind: r.str16("tokenizer.kind"), Path: r.str16("tokenizer.path")}
	}
	m.Inputs = readTensorSpecs(r, "inputs")
	m.Outputs = readTensorSpecs(r, "outputs")
	m.Profiles = readProfiles(r, len(m.Inputs), len(m.Outputs))
	m.Padding = readPadding(r)
	r.exactly(unitsPerItemRule, "units rule")
	m.Labels = readLabels(r)
	m.Levels = append([]uint8(nil), r.take(r.elements("levels", ManifestLevelsMax), "levels")...)
	// Version 1 defines no section, and a reader must not pass over what it does not know.
	start := r.offset
	if sections := r.u16("sections"); sections != 0 {
		r.failAt(start, KindUnexpectedValue, "sections", "0", strconv.Itoa(int(sections)))
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	if problem := m.problem(); problem != nil {
		return nil, &DecodeError{Kind: KindUnexpectedValue, Item: problem.Item, Offset: len(data), Expected: problem.Expected, Found: problem.Found}
	}
	return m, nil
}

// elements reads a u16 count of at most maximum.
func (r *reader) elements(item string, maximum int) int {
	start := r.offset
	count := int(r.u16(item))
	if count > maximum {
		r.failAt(start, KindLengthOverLimit, item, "at most "+strconv.Itoa(maximum), strconv.Itoa(count))
		return 0
	}
	return count
}

// flag reads a u8 that is 0 or 1.
func (r *reader) flag(item string) bool {
	start := r.offset
	value := r.u8(item)
	if value > 1 {
		r.failAt(start, KindUnexpectedValue, item, "0 or 1", strconv.Itoa(int(value)))
	}
	return value == 1
}

func readFiles(r *reader) []ManifestFile {
	files := make([]ManifestFile, r.elements("files", ManifestFilesMax))
	for index := range files {
		files[index] = ManifestFile{Path: r.str16("files.path"), Size: r.u64("files.size"), SHA256: r.digest("files.sha256")}
	}
	return files
}

func readTensorSpecs(r *reader, item string) []TensorSpec {
	specs := make([]TensorSpec, r.elements(item, ManifestTensorsMax))
	for index := range specs {
		specs[index] = TensorSpec{Name: r.str8(item + ".name"), Type: ElementType(r.u8(item + ".type"))}
	}
	return specs
}

func readProfiles(r *reader, inputs, outputs int) []Profile {
	profiles := make([]Profile, r.elements("profiles", ManifestProfilesMax))
	for index := range profiles {
		profiles[index] = Profile{
			ID: r.u16("profiles.id"), UnitsPerItem: r.u64("profiles.units_per_item"),
			Inputs: readShapes(r, "profiles.inputs", inputs), Outputs: readShapes(r, "profiles.outputs", outputs),
		}
		if r.failed() {
			return nil
		}
	}
	return profiles
}

func readShapes(r *reader, item string, count int) [][]uint32 {
	shapes := make([][]uint32, count)
	for index := range shapes {
		shapes[index] = make([]uint32, r.u8(item+".rank"))
		for axis := range shapes[index] {
			shapes[index][axis] = r.u32(item + ".dims")
		}
	}
	return shapes
}

func readPadding(r *reader) *Padding {
	if !r.flag("padding") {
		return nil
	}
	padding := &Padding{Mask: r.str8("padding.mask")}
	padding.Values = make([]uint64, r.elements("padding.pads", ManifestTensorsMax))
	for index := range padding.Values {
		padding.Values[index] = r.u64("padding.pads")
	}
	return padding
}

func readLabels(r *reader) []string {
	labels := make([]string, r.elements("labels", ManifestLabelsMax))
	for index := range labels {
		labels[index] = r.str8("labels")
	}
	return labels
}
