// Command temporal-server is one Temporal server in one process over SQLite: the server that rehearsals,
// tests and single-machine use of the settlement engine start for themselves.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
	"go.temporal.io/server/temporal"
)

// stopWithin bounds an orderly stop. What is on file is safe without it, by SQLite's write-ahead log.
const stopWithin = 3 * time.Second

// anyFreePort as a port number asks the operating system for one.
const anyFreePort = -1

type options struct {
	port             int
	uiPort           int
	databaseFile     string
	namespace        string
	retention        time.Duration
	searchAttributes attributeFlags
	dynamicConfig    string
	logLevel         string
	exitOnStdinClose bool
}

type readyLine struct {
	Frontend string `json:"frontend"`
	UI       string `json:"ui,omitempty"`
}

func parseOptions(args []string) (*options, error) {
	parsed := &options{searchAttributes: attributeFlags{}}
	flags := flag.NewFlagSet("temporal-server", flag.ContinueOnError)
	flags.IntVar(&parsed.port, "port", anyFreePort, "frontend port; -1 takes a free one")
	flags.IntVar(&parsed.uiPort, "ui-port", 0, "Web UI port; 0 starts no Web UI, -1 takes a free one")
	flags.StringVar(&parsed.databaseFile, "db", "", "SQLite file; without it everything is kept in memory")
	flags.StringVar(&parsed.namespace, "namespace", "default", "namespace to register at the start")
	flags.DurationVar(&parsed.retention, "retention", 24*time.Hour, "how long the namespace keeps closed workflows")
	flags.Var(parsed.searchAttributes, "search-attribute", "Name=Type to register with the namespace; may be repeated")
	flags.StringVar(&parsed.dynamicConfig, "dynamic-config", "", "YAML file with dynamic configuration")
	flags.StringVar(&parsed.logLevel, "log-level", "error", "debug, info, warn or error")
	flags.BoolVar(&parsed.exitOnStdinClose, "exit-on-stdin-close", false, "end when standard input is closed")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return parsed, nil
}

func main() {
	parsed, err := parseOptions(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "temporal-server:", err)
		os.Exit(2)
	}
	if err := run(parsed, stopRequests(parsed.exitOnStdinClose)); err != nil {
		fmt.Fprintln(os.Stderr, "temporal-server:", err)
		os.Exit(1)
	}
}

// stopRequests is closed on a signal or, when asked for, at the end of standard input. The latter makes the
// server end with the process that started it, however that one ended.
func stopRequests(onStdinClose bool) <-chan struct{} {
	stop := make(chan struct{})
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	stdinClosed := make(chan struct{})
	if onStdinClose {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			close(stdinClosed)
		}()
	}
	go func() {
		select {
		case <-signals:
		case <-stdinClosed:
		}
		close(stop)
	}()
	return stop
}

func run(parsed *options, stop <-chan struct{}) error {
	if err := choosePorts(parsed); err != nil {
		return err
	}
	server, err := newServer(parsed)
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return fmt.Errorf("cannot start: %w", err)
	}
	ready := readyLine{Frontend: fmt.Sprintf("%s:%d", localAddress, parsed.port)}
	if err := prepareNamespace(ready.Frontend, parsed); err != nil {
		_ = server.Stop()
		return err
	}
	if parsed.uiPort != 0 {
		ui := newWebUI(parsed)
		go func() { _ = ui.Start() }()
		defer ui.Stop()
		ready.UI = fmt.Sprintf("http://%s:%d", localAddress, parsed.uiPort)
	}
	line, err := json.Marshal(ready)
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	<-stop
	return stopServer(parsed, server)
}

func stopServer(parsed *options, server temporal.Server) error {
	if parsed.databaseFile == "" {
		// Nothing survives the process anyway.
		return nil
	}
	stopped := make(chan error, 1)
	go func() { stopped <- server.Stop() }()
	select {
	case err := <-stopped:
		return err
	case <-time.After(stopWithin):
		return nil
	}
}

func newWebUI(parsed *options) *uiserver.Server {
	return uiserver.NewServer(uioptions.WithConfigProvider(&uiconfig.Config{
		Host:                localAddress,
		Port:                parsed.uiPort,
		TemporalGRPCAddress: fmt.Sprintf("%s:%d", localAddress, parsed.port),
		EnableUI:            true,
		DefaultNamespace:    parsed.namespace,
		DisableNewsFetch:    true,
		HideLogs:            true,
		// The page is served over plain HTTP on the loopback address, where a secure cookie would be dropped.
		CORS: uiconfig.CORS{CookieInsecure: true},
	}))
}
