//go:build tools

// Package tools pins the Go metrics-server that answers are compared with.
package tools

import _ "sigs.k8s.io/metrics-server/cmd/metrics-server"
