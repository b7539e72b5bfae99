package actuator

import (
	"net/http"
	"strconv"
)

// flag reads a query parameter that is true or false; "" is true, absent is false.
func flag(r *http.Request, name string) (bool, error) {
	values, ok := r.URL.Query()[name]
	if !ok {
		return false, nil
	}
	if values[0] == "" {
		return true, nil
	}
	set, err := strconv.ParseBool(values[0])
	if err != nil {
		return false, badRequest("%s=%s: it is true or false", name, values[0])
	}
	return set, nil
}

// flags reads dryRun and force.
func flags(r *http.Request) (dryRun, force bool, err error) {
	if dryRun, err = flag(r, "dryRun"); err == nil {
		force, err = flag(r, "force")
	}
	return dryRun, force, err
}

// pathNumber reads a number in the path.
func pathNumber(r *http.Request, name string) (int32, error) {
	n, err := strconv.ParseInt(r.PathValue(name), 10, 32)
	if err != nil || n < 0 {
		return 0, badRequest("%q is no number of a %s", r.PathValue(name), name)
	}
	return int32(n), nil
}
