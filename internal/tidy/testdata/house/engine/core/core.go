package core // offends: documented

import (
	_ "github.com/payhub/payhub/engine/record"
	_ "github.com/payhub/payhub/hub/api" // offends: imports
)
