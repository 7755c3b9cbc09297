// Stamp is the app of the Pods that tests delete: it tells when it gets which signal, and when it ends. With -drain it is
// an app as it should be: at the stop signal it closes its port, answers what it was asked before, and ends.
//
// Each line is "<event> <Unix time in seconds>": "start", "SIGTERM" (or another stop signal), "end".
// It goes to standard output and, with -to, to a file: the kubelet removes a deleted Pod's logs.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

func main() {
	shutdown := flag.Float64("shutdown", 0, "`seconds` from the first stop signal to the end")
	to := flag.String("to", "", "a `file` that gets the lines, too")
	listen := flag.String("listen", "", "`address` of an HTTP server that answers every request with 200")
	answer := flag.Float64("answer", 0, "`seconds` that the HTTP server takes to answer, unless the query has seconds")
	drain := flag.Bool("drain", false, "close the HTTP server's port at the first stop signal, and end with its last answer")
	flag.Parse()

	out := io.Writer(os.Stdout)
	if *to != "" {
		file, err := os.OpenFile(*to, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
		if err != nil {
			fail(err)
		}
		out = io.MultiWriter(os.Stdout, file)
	}
	tell := func(event string) {
		fmt.Fprintf(out, "%s %.6f\n", event, float64(time.Now().UnixMicro())/1e6)
	}

	names := map[os.Signal]string{
		syscall.SIGTERM: "SIGTERM",
		syscall.SIGINT:  "SIGINT",
		syscall.SIGQUIT: "SIGQUIT",
		syscall.SIGHUP:  "SIGHUP",
	}
	signals := make(chan os.Signal, 16)
	for s := range names {
		signal.Notify(signals, s)
	}

	server := &http.Server{Addr: *listen, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		n, err := strconv.ParseFloat(r.URL.Query().Get("seconds"), 64)
		if err != nil {
			n = *answer
		}
		time.Sleep(seconds(n))
	})}
	if *listen != "" {
		go func() {
			if err := server.ListenAndServe(); err != http.ErrServerClosed {
				fail(err)
			}
		}()
	}

	tell("start")
	var end <-chan time.Time
	drained := make(chan error, 1)
	for {
		select {
		case s := <-signals:
			tell(names[s])
			if end != nil {
				continue
			}
			if *drain {
				end = make(chan time.Time)
				go func() { drained <- server.Shutdown(context.Background()) }()
			} else {
				end = time.After(seconds(*shutdown))
			}
		case <-drained:
			tell("end")
			return
		case <-end:
			tell("end")
			return
		}
	}
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
