package codec

import (
	"encoding/hex"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// plain turns a value of ours into what vectors hold: integers as decimal strings, byte strings as hex, members in
// lower camel case, embedded structs flattened.
func plain(t *testing.T, value any) any {
	t.Helper()
	return plainValue(t, reflect.ValueOf(value))
}

func plainValue(t *testing.T, value reflect.Value) any {
	t.Helper()
	switch value.Kind() {
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.FormatUint(value.Uint(), 10)
	case reflect.String:
		return value.String()
	case reflect.Struct:
		members := map[string]any{}
		addMembers(t, members, value)
		return members
	case reflect.Slice, reflect.Array:
		if value.Type().Elem().Kind() == reflect.Uint8 {
			return hex.EncodeToString(bytesOf(value))
		}
		list := make([]any, value.Len())
		for index := range list {
			list[index] = plainValue(t, value.Index(index))
		}
		return list
	default:
		t.Fatalf("no plain form for %s", value.Type())
		return nil
	}
}

func addMembers(t *testing.T, members map[string]any, value reflect.Value) {
	t.Helper()
	if authorisation, ok := value.Interface().(LaneAuthorisation); ok {
		members["lane"], members["mode"] = plain(t, authorisation.Lane), "each"
		members["signatures"] = plain(t, authorisation.Each)
		if authorisation.Each == nil {
			members["mode"], members["signatures"] = "root", plain(t, []Signature{authorisation.Root})
		}
		return
	}
	for index := range value.NumField() {
		field := value.Type().Field(index)
		if field.Anonymous {
			addMembers(t, members, value.Field(index))
			continue
		}
		members[lowerCamel(field.Name)] = plainValue(t, value.Field(index))
	}
}

func lowerCamel(name string) string {
	name = strings.ReplaceAll(name, "ID", "Id")
	return string(unicode.ToLower(rune(name[0]))) + name[1:]
}

func bytesOf(value reflect.Value) []byte {
	bytes := make([]byte, value.Len())
	for index := range bytes {
		bytes[index] = byte(value.Index(index).Uint())
	}
	return bytes
}

// kindOf names an error as the vectors do.
func kindOf(err error) string {
	var decode *DecodeError
	if errors.As(err, &decode) {
		return string(decode.Kind)
	}
	var encode *EncodeError
	if errors.As(err, &encode) {
		return "unencodable"
	}
	return err.Error()
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	bytes, err := hex.DecodeString(text)
	if err != nil {
		t.Fatalf("decode hex: %v", err)
	}
	return bytes
}

func digestOf(t testing.TB, text string) Digest {
	t.Helper()
	digest, ok := ToDigest(unhex(t, text))
	if !ok {
		t.Fatalf("expected 32 bytes, found %s", text)
	}
	return digest
}

// sameBytes proves that nothing else encodes to the same value.
func sameBytes(t testing.TB, expected string, encoded []byte, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("encode again: %v", err)
	}
	if found := hex.EncodeToString(encoded); found != expected {
		t.Fatalf("encode again: expected %s, found %s", expected, found)
	}
}
