package provider_test

import (
	"context"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/require"

	"kvmlab/command/provider"
)

// TestMain makes the tests independent of the agent of whoever runs them.
func TestMain(m *testing.M) {
	os.Unsetenv("SSH_AUTH_SOCK")
	os.Exit(m.Run())
}

// object is a property map written as Go values.
type object = map[string]any

func value(v any) property.Value {
	switch v := v.(type) {
	case property.Value:
		return v
	case object:
		return property.New(properties(v))
	case []any:
		items := make([]property.Value, len(v))
		for i, item := range v {
			items[i] = value(item)
		}
		return property.New(items)
	case int:
		return property.New(float64(v))
	default:
		converted, err := property.Any(v)
		if err != nil {
			panic(err)
		}
		return converted
	}
}

func properties(o object) property.Map {
	m := make(map[string]property.Value, len(o))
	for key, v := range o {
		m[key] = value(v)
	}
	return property.NewMap(m)
}

func secret(v any) property.Value { return value(v).WithSecret(true) }

func unknown() property.Value { return property.New(property.Computed) }

// with returns a copy of o with the fields of more.
func with(o, more object) object {
	merged := object{}
	for _, from := range []object{o, more} {
		for key, v := range from {
			merged[key] = v
		}
	}
	return merged
}

func urn(module, name string) resource.URN {
	return resource.NewURN("dev", "project", "", tokens.Type("command:"+module+":"+name), "name")
}

var (
	localCommand  = urn("local", "Command")
	remoteCommand = urn("remote", "Command")
	copyToRemote  = urn("remote", "CopyToRemote")
	copyFile      = urn("remote", "CopyFile")
)

// client calls the provider as the engine does.
type client struct {
	t *testing.T
	integration.Server
}

func newClient(t *testing.T) client {
	t.Helper()
	server, err := integration.NewServer(t.Context(), provider.Name, semver.MustParse(provider.Version),
		integration.WithProvider(provider.New()))
	require.NoError(t, err)
	return client{t, server}
}

// overTheWire returns m as the engine receives it; the framework's own test server leaves that out.
func (c client) overTheWire(m property.Map) property.Map {
	c.t.Helper()
	options := plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, KeepOutputValues: true, SkipNulls: true}
	sent, err := plugin.MarshalProperties(resource.ToResourcePropertyMap(m), options)
	require.NoError(c.t, err)
	received, err := plugin.UnmarshalProperties(sent, options)
	require.NoError(c.t, err)
	return resource.FromResourcePropertyMap(received)
}

func (c client) create(urn resource.URN, inputs object) property.Map {
	c.t.Helper()
	state, err := c.tryCreate(urn, inputs)
	require.NoError(c.t, err)
	return state
}

func (c client) tryCreate(urn resource.URN, inputs object) (property.Map, error) {
	resp, err := c.Create(p.CreateRequest{Urn: urn, Properties: properties(inputs)})
	return c.overTheWire(resp.Properties), err
}

func (c client) update(urn resource.URN, state property.Map, inputs object) property.Map {
	c.t.Helper()
	resp, err := c.Update(p.UpdateRequest{ID: "id", Urn: urn, State: state, Inputs: properties(inputs)})
	require.NoError(c.t, err)
	return c.overTheWire(resp.Properties)
}

func (c client) preview(urn resource.URN, state property.Map, inputs object) property.Map {
	c.t.Helper()
	resp, err := c.Update(p.UpdateRequest{ID: "id", Urn: urn, State: state, Inputs: properties(inputs), DryRun: true})
	require.NoError(c.t, err)
	return c.overTheWire(resp.Properties)
}

func (c client) delete(urn resource.URN, state property.Map) {
	c.t.Helper()
	require.NoError(c.t, c.Delete(p.DeleteRequest{ID: "id", Urn: urn, Properties: state}))
}

func (c client) diff(urn resource.URN, olds, news object) p.DiffResponse {
	c.t.Helper()
	resp, err := c.Diff(p.DiffRequest{
		ID: "id", Urn: urn, State: properties(olds), OldInputs: properties(olds), Inputs: properties(news),
	})
	require.NoError(c.t, err)
	return resp
}

func text(m property.Map, key string) string { return m.Get(key).AsString() }

// records collects what the provider logs. It takes the place of the process's logger, so tests
// that use it do not run in parallel.
type records struct {
	mu   sync.Mutex
	list []slog.Record
}

func captureLog(t *testing.T) *records {
	r := &records{}
	previous := slog.Default()
	slog.SetDefault(slog.New(r))
	t.Cleanup(func() { slog.SetDefault(previous) })
	return r
}

func (r *records) Enabled(context.Context, slog.Level) bool { return true }
func (r *records) WithAttrs([]slog.Attr) slog.Handler       { return r }
func (r *records) WithGroup(string) slog.Handler            { return r }

func (r *records) Handle(_ context.Context, record slog.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, record)
	return nil
}

func (r *records) messages(level slog.Level) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []string
	for _, record := range r.list {
		if record.Level == level {
			found = append(found, record.Message)
		}
	}
	return found
}

func (r *records) contains(part string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.list, func(record slog.Record) bool { return strings.Contains(record.Message, part) })
}
