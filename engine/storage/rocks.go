package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"github.com/linxGnu/grocksdb"
)

// markKey holds the applied index and the note; it is written in every batch.
var markKey = []byte{Reserved, 'm'}

// rocks is an open RocksDB with the options that belong to it.
type rocks struct {
	db     *grocksdb.DB
	opts   *grocksdb.Options
	table  *grocksdb.BlockBasedTableOptions
	cache  *grocksdb.Cache
	read   *grocksdb.ReadOptions
	write  *grocksdb.WriteOptions
	settle *grocksdb.FlushOptions
	cached uint64
	frozen map[*frozenRocks]bool // guarded by the store's flushing
}

// openRocks opens the database with index and filters in partitions of which only the top level
// stays in memory: a state far larger than the cache still costs one or two block reads per Get,
// where whole index and filter blocks would be read again and again.
func openRocks(dir string, o Options) (*rocks, error) {
	r := &rocks{frozen: map[*frozenRocks]bool{}, cache: grocksdb.NewLRUCache(uint64(o.BlockCacheBytes)), cached: uint64(o.BlockCacheBytes)}
	t := grocksdb.NewDefaultBlockBasedTableOptions()
	t.SetBlockCache(r.cache)
	t.SetBlockSize(8 << 10)
	t.SetFormatVersion(5)
	t.SetFilterPolicy(grocksdb.NewBloomFilterFull(10))
	t.SetIndexType(grocksdb.KTwoLevelIndexSearchIndexType)
	t.SetPartitionFilters(true)
	t.SetMetadataBlockSize(4 << 10)
	t.SetCacheIndexAndFilterBlocks(true)
	t.SetCacheIndexAndFilterBlocksWithHighPriority(true)
	t.SetPinTopLevelIndexAndFilter(true)
	t.SetPinL0FilterAndIndexBlocksInCache(true)

	opts := grocksdb.NewDefaultOptions()
	opts.SetCreateIfMissing(true)
	opts.SetBlockBasedTableFactory(t)
	opts.SetWriteBufferSize(uint64(o.MemtableBytes))
	opts.SetMaxWriteBufferNumber(2)
	// Every file that is written holds keys of all tables, so a compaction of new files rewrites the whole
	// level below them. That level is kept small; from there on only the parts that overlap are rewritten.
	opts.SetMaxBytesForLevelBase(16 << 20)
	opts.SetTargetFileSizeBase(4 << 20)
	opts.SetTargetFileSizeMultiplier(2)
	opts.SetLevelCompactionDynamicLevelBytes(true)
	opts.SetCompression(grocksdb.LZ4Compression)
	opts.SetMaxOpenFiles(256)
	opts.SetMaxBackgroundJobs(2)
	opts.SetKeepLogFileNum(2)
	opts.SetMaxLogFileSize(1 << 20)
	opts.SetInfoLogLevel(grocksdb.WarnInfoLogLevel)
	opts.SetStatsDumpPeriodSec(0)
	r.table, r.opts = t, opts

	db, err := grocksdb.OpenDb(opts, dir)
	if err != nil {
		r.freeOptions()
		return nil, fmt.Errorf("storage: open the state in %s: %w (if the files are damaged, move the folder "+
			"away: the log or another node brings the state back)", dir, err)
	}
	r.db = db
	r.read = grocksdb.NewDefaultReadOptions()
	r.write = grocksdb.NewDefaultWriteOptions()
	r.write.DisableWAL(true)
	r.settle = grocksdb.NewDefaultFlushOptions()
	r.settle.SetWait(true)
	return r, nil
}

func (r *rocks) close() {
	for f := range r.frozen {
		f.giveUp()
	}
	r.db.Close()
	r.read.Destroy()
	r.write.Destroy()
	r.settle.Destroy()
	r.freeOptions()
}

func (r *rocks) freeOptions() {
	r.opts.Destroy()
	r.table.Destroy()
	r.cache.Destroy()
}

// get reads a row as a copy in Go memory.
func (r *rocks) get(key []byte) ([]byte, bool, error) {
	h, err := r.db.GetPinned(r.read, key)
	if err != nil {
		return nil, false, err
	}
	if !h.Exists() {
		return nil, false, nil
	}
	value := append([]byte{}, h.Data()...)
	h.Destroy()
	return value, true, nil
}

// mark reads the applied index and the note.
func (r *rocks) mark() (index uint64, note []byte, err error) {
	b, ok, err := r.get(markKey)
	switch {
	case err != nil:
		return 0, nil, fmt.Errorf("storage: read the applied index: %w", err)
	case !ok:
		return 0, nil, nil
	case len(b) < 8:
		return 0, nil, errors.New("storage: the applied index is cut off; the state is damaged")
	}
	return binary.BigEndian.Uint64(b), b[8:], nil
}

// highs finds the last key of each table, one step back per table that holds anything.
func (r *rocks) highs() *highs {
	it := r.db.NewIterator(r.read)
	defer it.Close()
	h := &highs{}
	for it.SeekForPrev([]byte{Reserved}); it.Valid(); {
		k := it.Key()
		last := string(k.Data())
		k.Free()
		if table := last[0]; h[table] == "" {
			h[table] = last
			it.SeekForPrev([]byte{table})
		} else { // the key that is the table's byte alone
			it.Prev()
		}
	}
	return h
}

// apply writes an encoded batch to the memtable.
func (r *rocks) apply(batch []byte) error {
	b := grocksdb.WriteBatchFrom(batch)
	defer b.Destroy()
	return r.db.Write(r.write, b)
}

// persist writes the memtable to disk and waits for it.
func (r *rocks) persist() error { return r.db.Flush(r.settle) }

// checkpoint makes dir a copy of the database out of hard links; the memtable is written first.
func (r *rocks) checkpoint(dir string) error {
	c, err := r.db.NewCheckpoint()
	if err != nil {
		return err
	}
	defer c.Destroy()
	return c.CreateCheckpoint(dir, 0)
}

// sizes are the bytes on disk and in memory.
func (r *rocks) sizes() (disk, memory uint64) {
	property := func(name string) uint64 {
		n, err := strconv.ParseUint(r.db.GetProperty(name), 10, 64)
		if err != nil {
			return 0
		}
		return n
	}
	memory = property("rocksdb.cur-size-all-mem-tables") + property("rocksdb.estimate-table-readers-mem") +
		property("rocksdb.block-cache-usage")
	return property("rocksdb.total-sst-files-size"), memory
}

// The record tags of RocksDB's write batch format.
const (
	tagDelete = 0x0
	tagPut    = 0x1
)

// appendBatch encodes what a layer says in RocksDB's write batch format: eight bytes that the
// database fills, the number of operations, then each with its tag and length-prefixed strings.
// Building it in Go costs one call into C per flush instead of one per row.
func appendBatch(dst []byte, l *layer) []byte {
	dst = append(dst[:0], 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	mark := binary.BigEndian.AppendUint64(nil, l.index)
	dst = appendPut(dst, string(markKey), append(mark, l.note...))
	for key, c := range l.cells {
		if c.state == deleted {
			dst = append(dst, tagDelete)
			dst = binary.AppendUvarint(dst, uint64(len(key)))
			dst = append(dst, key...)
			continue
		}
		dst = appendPut(dst, key, c.value)
	}
	binary.LittleEndian.PutUint32(dst[8:], uint32(len(l.cells)+1))
	return dst
}

func appendPut(dst []byte, key string, value []byte) []byte {
	dst = append(dst, tagPut)
	dst = binary.AppendUvarint(dst, uint64(len(key)))
	dst = append(dst, key...)
	dst = binary.AppendUvarint(dst, uint64(len(value)))
	return append(dst, value...)
}
