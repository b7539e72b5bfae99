package raftlog

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// A stream of a state is a sequence of files, each as: length of the name 4, length 8, name,
// content, CRC-32C of name and content 4; a name of length 0 ends it.
const packHeader = 12

// pack streams the files of a folder, and then the entries of the log through index that exporters
// need as one more file.
func pack(dir string, view *PartitionLog, index uint64) (io.ReadCloser, int64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, 0, err
	}
	wanted, bytes := view.unexported(index)
	size := int64(packHeader) + packed(entriesName, bytes)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, 0, err
		}
		size += packed(e.Name(), info.Size())
	}
	r, w := io.Pipe()
	go func() {
		out := bufio.NewWriterSize(w, 64<<10)
		for _, e := range entries {
			if err := packFile(out, filepath.Join(dir, e.Name())); err != nil {
				w.CloseWithError(err)
				return
			}
		}
		err := packPart(out, entriesName, bytes, func(out io.Writer) error { return view.writeEntries(out, wanted) })
		if err != nil {
			w.CloseWithError(err)
			return
		}
		out.Write(make([]byte, packHeader)) //nolint:errcheck // Flush repeats the error
		w.CloseWithError(out.Flush())
	}()
	return r, size, nil
}

// packed is the size of a part in the stream.
func packed(name string, size int64) int64 { return packHeader + int64(len(name)) + size + 4 }

func packFile(out io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	return packPart(out, filepath.Base(path), st.Size(), func(out io.Writer) error {
		_, err := io.CopyN(out, f, st.Size())
		return err
	})
}

// packPart streams one part, of the announced size.
func packPart(out io.Writer, name string, size int64, write func(io.Writer) error) error {
	var h [packHeader]byte
	binary.BigEndian.PutUint32(h[:], uint32(len(name)))
	binary.BigEndian.PutUint64(h[4:], uint64(size))
	if _, err := out.Write(h[:]); err != nil {
		return err
	}
	sum := crc32.New(castagnoli)
	both := io.MultiWriter(out, sum)
	if _, err := io.WriteString(both, name); err != nil {
		return err
	}
	if err := write(both); err != nil {
		return err
	}
	_, err := out.Write(binary.BigEndian.AppendUint32(nil, sum.Sum32()))
	return err
}

// unpack writes the files of a stream into a new folder and makes them safe.
func unpack(from io.Reader, dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	in := bufio.NewReaderSize(from, 64<<10)
	for {
		done, err := unpackFile(in, dir)
		if err != nil {
			return fmt.Errorf("raftlog: the received state: %w", err)
		}
		if done {
			return Disk{}.SyncDir(dir)
		}
	}
}

func unpackFile(in io.Reader, dir string) (done bool, err error) {
	var h [packHeader]byte
	if _, err := io.ReadFull(in, h[:]); err != nil {
		return false, err
	}
	length, size := binary.BigEndian.Uint32(h[:]), binary.BigEndian.Uint64(h[4:])
	if length == 0 {
		return true, nil
	}
	if length > 255 {
		return false, errors.New("a file name is too long")
	}
	name := make([]byte, length)
	if _, err := io.ReadFull(in, name); err != nil {
		return false, err
	}
	if base := string(name); base != filepath.Base(base) || strings.HasPrefix(base, ".") {
		return false, fmt.Errorf("the file name %q is not allowed", base)
	}
	f, err := os.Create(filepath.Join(dir, string(name)))
	if err != nil {
		return false, err
	}
	defer f.Close()
	sum := crc32.New(castagnoli)
	sum.Write(name)
	if _, err := io.CopyN(io.MultiWriter(f, sum), in, int64(size)); err != nil {
		return false, err
	}
	var want [4]byte
	if _, err := io.ReadFull(in, want[:]); err != nil {
		return false, err
	}
	if sum.Sum32() != binary.BigEndian.Uint32(want[:]) {
		return false, fmt.Errorf("the file %s does not match its checksum", name)
	}
	return false, f.Sync()
}
