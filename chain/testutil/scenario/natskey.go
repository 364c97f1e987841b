package scenario

import (
	"encoding/base32"
	"encoding/binary"
)

// NATSKey is the NKey user public key (U…) of a name's key: prefix byte, key, CRC-16/XMODEM, base32.
func NATSKey(name string) string {
	const userPrefix = 20 << 3
	public := NewKey("nats " + name).Public()
	raw := append([]byte{userPrefix}, public[:]...)
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(binary.LittleEndian.AppendUint16(raw, crc16(raw)))
}

func crc16(bytes []byte) uint16 {
	crc := uint16(0)
	for _, b := range bytes {
		crc ^= uint16(b) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}
