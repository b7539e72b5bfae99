package raftlog

import (
	"encoding/binary"
	"hash/crc32"
	"time"

	"github.com/hashicorp/raft"
)

// On disk a segment is a sequence of frames, each written with one write and made durable with one
// fsync before the next is begun. Therefore only the last frame of the log can be torn: an invalid
// frame with a valid one behind it is damage.
//
//	frame:  magic 4 | checksum of the rest of the header 4 | segment 8 | number 8 | payload length 4 |
//	        checksum of the payload 4 | records, each starting at a multiple of 8
//	record: checksum of the rest 4 | length of extensions 4 | length of data 4 | kind 1 | raft type 1 |
//	        partition 2 | index 8 | term 8 | appended at (ns) 8 | data | extensions
//
// All numbers are little-endian. The segment's number is in every frame because files are used
// again: what an earlier use left behind does not pass for a frame. Frames are numbered without
// gaps through all segments. A record's own checksum is checked whenever it is read.
const (
	frameMagic  = 0x476f4c50
	frameHeader = 32
	recHeader   = 40
)

// kind tells what a record says about its partition.
type kind uint8

const (
	kindEntry  kind = iota + 1 // a raft entry
	kindCut                    // entries from index on are void
	kindHide                   // entries before index are no longer raft's
	kindReset                  // no entry up to and including index is there
	kindStable                 // raft's own values: extensions is the name, data the value
	kindAgain                  // an entry that was written before; all that follow it come again behind it
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// rec is a decoded record; its bytes point into what was read.
type rec struct {
	kind      kind
	logType   uint8
	partition uint16
	index     uint64
	term      uint64
	at        int64
	data      []byte
	ext       []byte
}

func pad(n int) int { return (n + 7) &^ 7 }

// append encodes the record behind dst, whose length is a multiple of 8.
func (r *rec) append(dst []byte) []byte {
	from := len(dst)
	var h [recHeader]byte
	binary.LittleEndian.PutUint32(h[4:], uint32(len(r.ext)))
	binary.LittleEndian.PutUint32(h[8:], uint32(len(r.data)))
	h[12], h[13] = byte(r.kind), r.logType
	binary.LittleEndian.PutUint16(h[14:], r.partition)
	binary.LittleEndian.PutUint64(h[16:], r.index)
	binary.LittleEndian.PutUint64(h[24:], r.term)
	binary.LittleEndian.PutUint64(h[32:], uint64(r.at))
	dst = append(dst, h[:]...)
	dst = append(dst, r.data...)
	dst = append(dst, r.ext...)
	binary.LittleEndian.PutUint32(dst[from:], crc32.Checksum(dst[from+4:], castagnoli))
	for len(dst)%8 != 0 {
		dst = append(dst, 0)
	}
	return dst
}

// parseRec decodes the record at the start of b and tells how many bytes it takes; ok is false when
// its checksum does not match or it is cut off.
func parseRec(b []byte) (r rec, size int, ok bool) {
	if len(b) < recHeader {
		return r, 0, false
	}
	ext, data := int(binary.LittleEndian.Uint32(b[4:])), int(binary.LittleEndian.Uint32(b[8:]))
	end := recHeader + data + ext
	if end > len(b) || crc32.Checksum(b[4:end], castagnoli) != binary.LittleEndian.Uint32(b) {
		return r, 0, false
	}
	r = rec{
		kind: kind(b[12]), logType: b[13], partition: binary.LittleEndian.Uint16(b[14:]),
		index: binary.LittleEndian.Uint64(b[16:]), term: binary.LittleEndian.Uint64(b[24:]),
		at:   int64(binary.LittleEndian.Uint64(b[32:])),
		data: b[recHeader : recHeader+data : recHeader+data], ext: b[recHeader+data : end : end],
	}
	return r, min(pad(end), len(b)), true
}

func entryRec(partition uint16, l *raft.Log) rec {
	return rec{
		kind: kindEntry, logType: uint8(l.Type), partition: partition, index: l.Index, term: l.Term,
		at: l.AppendedAt.UnixNano(), data: l.Data, ext: l.Extensions,
	}
}

// fill gives a raft entry the record's content, which it shares.
func (r *rec) fill(l *raft.Log) {
	*l = raft.Log{
		Index: r.index, Term: r.term, Type: raft.LogType(r.logType), Data: r.data,
		AppendedAt: time.Unix(0, r.at),
	}
	if len(r.ext) > 0 {
		l.Extensions = r.ext
	}
}

// sealFrame writes the header of a frame whose payload stands behind frameHeader bytes.
func sealFrame(frame []byte, segment, number uint64) {
	binary.LittleEndian.PutUint32(frame, frameMagic)
	binary.LittleEndian.PutUint64(frame[8:], segment)
	binary.LittleEndian.PutUint64(frame[16:], number)
	binary.LittleEndian.PutUint32(frame[24:], uint32(len(frame)-frameHeader))
	binary.LittleEndian.PutUint32(frame[28:], crc32.Checksum(frame[frameHeader:], castagnoli))
	binary.LittleEndian.PutUint32(frame[4:], crc32.Checksum(frame[8:frameHeader], castagnoli))
}

// parseFrame finds the frame of a segment at the start of b; ok is false when there is no whole one.
func parseFrame(b []byte, segment uint64) (number uint64, payload []byte, ok bool) {
	if len(b) < frameHeader || binary.LittleEndian.Uint32(b) != frameMagic ||
		binary.LittleEndian.Uint64(b[8:]) != segment ||
		crc32.Checksum(b[8:frameHeader], castagnoli) != binary.LittleEndian.Uint32(b[4:]) {
		return 0, nil, false
	}
	end := frameHeader + int(binary.LittleEndian.Uint32(b[24:]))
	if end > len(b) || crc32.Checksum(b[frameHeader:end], castagnoli) != binary.LittleEndian.Uint32(b[28:]) {
		return 0, nil, false
	}
	return binary.LittleEndian.Uint64(b[16:]), b[frameHeader:end], true
}
