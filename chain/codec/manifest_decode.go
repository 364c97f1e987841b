package codec

import (
	"fmt"
	"strconv"
	"strings"
)

// DecodeManifest reads a manifest's canonical bytes and refuses everything that docs/spec/manifest.md does.
func DecodeManifest(data []byte) (*Manifest, error) {
	r := newReader(data)
	r.literal(ManifestTag, "tag")
	m := &Manifest{Name: readName(r), Task: readTask(r), Licence: r.str8("licence"), Source: r.str16("source")}
	m.Files = readFiles(r)
	m.Graph = readFileReference(r, "graph", m.Files)
	m.Tokenizer = readTokenizer(r, m.Files)
	m.Inputs = readTensorSpecs(r, "inputs")
	m.Outputs = readTensorSpecs(r, "outputs")
	m.Profiles = readProfiles(r, len(m.Inputs), len(m.Outputs))
	m.Padding = readPadding(r, m.Inputs)
	r.exactly(1, "units rule")
	m.Labels = readLabels(r)
	m.Levels = readLevels(r)
	readSections(r)
	if err := r.end(); err != nil {
		return nil, err
	}
	return m, nil
}

// elements reads a u16 count, of elements that take at least elementBytes each.
func (r *reader) elements(item string, minimum, maximum uint64, elementBytes int) int {
	start := r.offset
	value := uint64(r.u16(item))
	if r.failed() {
		return 0
	}
	return r.checkCount(start, item, value, minimum, maximum, elementBytes)
}

func readName(r *reader) string {
	start := r.offset
	name := r.str8("name")
	if !r.failed() && !IsModelName(name) {
		r.failAt(start, KindOutOfRange, "name", "1–64 of a-z 0-9 - . beginning with a letter or digit", strconv.Quote(name))
	}
	return name
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

func readTask(r *reader) string {
	start := r.offset
	task := r.str8("task")
	if !r.failed() && !consistsOf(task, "-") {
		r.failAt(start, KindOutOfRange, "task", "a-z 0-9 -", strconv.Quote(task))
	}
	return task
}

func readFiles(r *reader) []ManifestFile {
	files := make([]ManifestFile, r.elements("files", 0, ManifestFilesMax, 2+8+DigestBytes))
	for index := range files {
		item, start := fmt.Sprintf("files[%d].path", index), r.offset
		path := r.str16(item)
		if r.failed() {
			return nil
		}
		if !isRelativePath(path) {
			r.failAt(start, KindOutOfRange, item, `a relative path without ".."`, strconv.Quote(path))
		}
		if index > 0 && path <= files[index-1].Path {
			r.failAt(start, KindOutOfRange, item, "paths in ascending order", strconv.Quote(path))
		}
		files[index] = ManifestFile{Path: path, Size: r.u64(item), SHA256: r.digest(item)}
	}
	return files
}

// isRelativePath refuses what could leave the model's folder: "..", a leading "/", and parts that name nothing.
func isRelativePath(path string) bool {
	for _, part := range strings.Split(path, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return !strings.ContainsAny(path, "\\\x00")
}

func readFileReference(r *reader, item string, files []ManifestFile) string {
	start := r.offset
	path := r.str16(item)
	for _, file := range files {
		if file.Path == path {
			return path
		}
	}
	r.failAt(start, KindUnexpectedValue, item, "one of the files", strconv.Quote(path))
	return path
}

func readTokenizer(r *reader, files []ManifestFile) *Tokenizer {
	if !readFlag(r, "tokenizer") {
		return nil
	}
	start := r.offset
	kind := r.str16("tokenizer.kind")
	if !r.failed() && kind != "huggingface-json" {
		r.failAt(start, KindUnexpectedValue, "tokenizer.kind", `"huggingface-json"`, strconv.Quote(kind))
	}
	return &Tokenizer{Kind: kind, Path: readFileReference(r, "tokenizer.path", files)}
}

// readFlag reads a u8 that is 0 or 1.
func readFlag(r *reader, item string) bool {
	start := r.offset
	value := r.u8(item)
	if value > 1 {
		r.failAt(start, KindUnexpectedValue, item, "0 or 1", strconv.Itoa(int(value)))
	}
	return value == 1 && !r.failed()
}

func readLabels(r *reader) []string {
	labels := make([]string, r.elements("labels", 0, ManifestLabelsMax, 1))
	for index := range labels {
		labels[index] = r.str8(fmt.Sprintf("labels[%d]", index))
		if r.failed() {
			return nil
		}
	}
	return labels
}

func readLevels(r *reader) []uint8 {
	levels := make([]uint8, r.elements("levels", 0, uint64(LevelZK), 1))
	for index := range levels {
		item, start := fmt.Sprintf("levels[%d]", index), r.offset
		levels[index] = r.u8(item)
		if level := levels[index]; level < LevelOptimistic || level > LevelZK || index > 0 && level <= levels[index-1] {
			r.failAt(start, KindOutOfRange, item, "levels 1–4 in ascending order", strconv.Itoa(int(level)))
		}
	}
	return levels
}

// readSections refuses every section: version 1 defines none, and a reader must not pass over what it does not know.
func readSections(r *reader) {
	start := r.offset
	if count := r.u16("sections"); !r.failed() && count != 0 {
		r.failAt(start, KindUnexpectedValue, "sections", "0", strconv.Itoa(int(count)))
	}
}
