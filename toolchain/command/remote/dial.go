package remote

import (
	"context"
	"fmt"
	"net"

	"golang.org/x/crypto/ssh"
)

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// dial connects to the machine, through the proxy where there is one.
func (c Connection) dial(ctx context.Context) (*ssh.Client, error) {
	if c.Proxy == nil {
		return c.connect(ctx, "dial", new(net.Dialer).DialContext)
	}
	proxy, err := c.Proxy.connect(ctx, "dial proxy", new(net.Dialer).DialContext)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	client, err := c.connect(ctx, "dial from proxy", proxy.DialContext)
	if err != nil {
		proxy.Close()
		return nil, err
	}
	go func() {
		// The error says how the connection ended, which its user has seen by then.
		_ = client.Wait()
		proxy.Close()
	}()
	return client, nil
}

// connect attempts to log in until it succeeds or the errors exceed their limit.
func (e Endpoint) connect(ctx context.Context, what string, dial dialFunc) (*ssh.Client, error) {
	config, release, err := e.clientConfig()
	if err != nil {
		return nil, err
	}
	defer release()
	return retry(ctx, what+" "+e.address(), e.errorLimit(), func() (*ssh.Client, error) {
		return e.attempt(ctx, config, dial)
	})
}

// attempt bounds the handshake as well as the connect: a server may accept and then say nothing.
func (e Endpoint) attempt(ctx context.Context, config *ssh.ClientConfig, dial dialFunc) (*ssh.Client, error) {
	if limit := e.timeout(); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, limit, fmt.Errorf("no login after %s", limit))
		defer cancel()
	}
	conn, err := dial(ctx, "tcp", e.address())
	if err != nil {
		return nil, causeOr(ctx, err)
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	client, channels, requests, err := ssh.NewClientConn(conn, e.address(), config)
	if !stop() || err != nil {
		conn.Close()
		return nil, causeOr(ctx, err)
	}
	return ssh.NewClient(client, channels, requests), nil
}

// causeOr prefers the reason why ctx ended to the error that it led to.
func causeOr(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
