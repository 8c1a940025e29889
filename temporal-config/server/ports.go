package main

import (
	"fmt"
	"net"
)

const localAddress = "127.0.0.1"

// freePorts returns ports that were free a moment ago. All are held open until the last is known, so that no
// two are the same.
func freePorts(count int) ([]int, error) {
	ports := make([]int, 0, count)
	for range count {
		listener, err := net.Listen("tcp", localAddress+":0")
		if err != nil {
			return nil, fmt.Errorf("no free port: %w", err)
		}
		defer func() { _ = listener.Close() }()
		address, ok := listener.Addr().(*net.TCPAddr)
		if !ok {
			return nil, fmt.Errorf("unexpected address %v", listener.Addr())
		}
		ports = append(ports, address.Port)
	}
	return ports, nil
}

// choosePorts replaces anyFreePort by a port.
func choosePorts(parsed *options) error {
	free, err := freePorts(2)
	if err != nil {
		return err
	}
	if parsed.port == anyFreePort {
		parsed.port = free[0]
	}
	if parsed.uiPort == anyFreePort {
		parsed.uiPort = free[1]
	}
	return nil
}
