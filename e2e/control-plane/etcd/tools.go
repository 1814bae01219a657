//go:build tools

// Package tools pins the etcd that the end-to-end suite runs.
package tools

import _ "go.etcd.io/etcd/server/v3"
