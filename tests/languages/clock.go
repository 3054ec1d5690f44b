package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

// Compiled into the example in Go: its clock goes on by as many seconds as each line on standard input says.
func init() {
	var ahead int64
	now = func() time.Time { return time.Now().Add(time.Duration(atomic.LoadInt64(&ahead)) * time.Second) }
	go func() {
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			seconds, _ := strconv.ParseInt(lines.Text(), 10, 64)
			fmt.Printf("%d s ahead\n", atomic.AddInt64(&ahead, seconds))
		}
	}()
}
