package codec

// Encode writes the canonical bytes, of a manifest that keeps every rule.
func (m *Manifest) Encode() ([]byte, error) {
	if problem := m.problem(); problem != nil {
		return nil, problem
	}
	w := newWriter(1024)
	w.str8(ManifestTag)
	w.str8(m.Name)
	w.str8(m.Task)
	w.str8(m.Licence)
	w.str16(m.Source)
	m.writeFiles(w)
	writeTensorSpecs(w, m.Inputs)
	writeTensorSpecs(w, m.Outputs)
	w.u16(uint16(len(m.Profiles)))
	for _, profile := range m.Profiles {
		w.u16(profile.ID)
		w.u64(profile.UnitsPerItem)
		writeShapes(w, profile.Inputs)
		writeShapes(w, profile.Outputs)
	}
	m.writePadding(w)
	w.u8(unitsPerItemRule)
	w.u16(uint16(len(m.Labels)))
	for _, label := range m.Labels {
		w.str8(label)
	}
	w.u16(uint16(len(m.Levels)))
	w.fixed(m.Levels)
	w.u16(0) // sections: none is defined
	return w.finish()
}

func (m *Manifest) writeFiles(w *writer) {
	w.u16(uint16(len(m.Files)))
	for _, file := range m.Files {
		w.str16(file.Path)
		w.u64(file.Size)
		w.digest(file.SHA256)
	}
	w.str16(m.Graph)
	if m.Tokenizer == nil {
		w.u8(0)
		return
	}
	w.u8(1)
	w.str16(m.Tokenizer.Kind)
	w.str16(m.Tokenizer.Path)
}

func (m *Manifest) writePadding(w *writer) {
	if m.Padding == nil {
		w.u8(0)
		return
	}
	w.u8(1)
	w.str8(m.Padding.Mask)
	w.u16(uint16(len(m.Padding.Values)))
	for _, value := range m.Padding.Values {
		w.u64(value)
	}
}

func writeTensorSpecs(w *writer, specs []TensorSpec) {
	w.u16(uint16(len(specs)))
	for _, spec := range specs {
		w.str8(spec.Name)
		w.u8(uint8(spec.Type))
	}
}

func writeShapes(w *writer, shapes [][]uint32) {
	for _, dims := range shapes {
		w.u8(uint8(len(dims)))
		for _, dim := range dims {
			w.u32(dim)
		}
	}
}
