// Command load is the only program in the end-to-end suite's pods: it waits, or uses a known amount of CPU or memory.
//
//	load pause                  waits for SIGTERM (also the sandbox image)
//	load cpu <millicores>       keeps that much of one core busy
//	load mem <MiB>              holds that much memory, touched
//	load exit <code> <seconds>  ends with that status after that time
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

func number(at int) int {
	if at >= len(os.Args) {
		fmt.Fprintln(os.Stderr, "load: pause | cpu <millicores> | mem <MiB> | exit <code> <seconds>")
		os.Exit(2)
	}
	value, err := strconv.Atoi(os.Args[at])
	if err != nil {
		fmt.Fprintf(os.Stderr, "load: %q is not a number\n", os.Args[at])
		os.Exit(2)
	}
	return value
}

func burn(millicores int) {
	const slice = 20 * time.Millisecond
	var before, after syscall.Rusage
	// The balance is kept in CPU time, so that being scheduled late does not lose any.
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	started := time.Now()
	for {
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
		used := time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
		wanted := time.Since(started) * time.Duration(millicores) / 1000
		if used < wanted {
			for until := time.Now().Add(2 * time.Millisecond); time.Now().Before(until); {
			}
		} else {
			time.Sleep(slice)
		}
	}
}

func main() {
	mode := "pause"
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	switch mode {
	case "cpu":
		runtime.GOMAXPROCS(1)
		go burn(number(2))
	case "mem":
		held := make([]byte, number(2)<<20)
		for at := 0; at < len(held); at += 4096 {
			held[at] = 1
		}
		defer runtime.KeepAlive(held)
	case "exit":
		code := number(2)
		time.Sleep(time.Duration(number(3)) * time.Second)
		os.Exit(code)
	case "pause":
	default:
		number(len(os.Args))
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	<-stop
}
