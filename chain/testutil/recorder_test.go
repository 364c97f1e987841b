package testutil_test

import (
	"fmt"
	"testing"
)

// failureRecorder keeps what would have failed the test.
type failureRecorder struct {
	testing.TB
	message string
}

func (r *failureRecorder) Fatalf(format string, arguments ...any) {
	r.message = fmt.Sprintf(format, arguments...)
}
