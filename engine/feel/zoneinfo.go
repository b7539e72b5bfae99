package feel

import (
	"archive/zip"
	_ "embed" // the zone database below
	"io"
	"strings"
	"time"
)

// zoneinfo is the IANA time zone database (public domain) as Go ships it in lib/time/zoneinfo.zip. It is part of the
// program, so that a zone has the same rules on every machine, whatever is installed there; copy the file of a newer Go
// to update it.
//
//go:embed zoneinfo.zip
var zoneinfo string

// loadZone reads the rules of a zone; ok is false when the database has none of that name.
func loadZone(name string) (rules *time.Location, ok bool) {
	database, err := zip.NewReader(strings.NewReader(zoneinfo), int64(len(zoneinfo)))
	if err != nil {
		return nil, false
	}
	for _, file := range database.File {
		if file.Name != name || file.FileInfo().IsDir() {
			continue
		}
		content, err := file.Open()
		if err != nil {
			return nil, false
		}
		data, err := io.ReadAll(content)
		if err != nil || content.Close() != nil {
			return nil, false
		}
		rules, err = time.LoadLocationFromTZData(name, data)
		return rules, err == nil
	}
	return nil, false
}
