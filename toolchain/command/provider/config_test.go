package provider_test

import (
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Moving between the official plugin and ours, or to another version of either, changes nothing; a
// replaced provider would replace every command and run its delete command.
func TestAnotherPluginChangesNothing(t *testing.T) {
	official := object{
		"version": "1.2.1", "__pulumi-go-provider-infer": true, "__pulumi-go-provider-version": "1.2.0",
	}
	ours := object{"version": "1.2.1", "__pulumi-go-provider-version": "1.3.0"}
	for name, move := range map[string][2]object{
		"from the official plugin":       {official, ours},
		"to the official plugin":         {ours, official},
		"to a higher version":            {ours, with(ours, object{"version": "1.3.0"})},
		"to a lower version":             {ours, with(ours, object{"version": "1.0.0"})},
		"from a state without framework": {object{"version": "0.11.1"}, ours},
		"to another download URL":        {ours, with(ours, object{"pluginDownloadURL": "https://example.com"})},
	} {
		t.Run(name, func(t *testing.T) {
			resp, err := newClient(t).DiffConfig(p.DiffRequest{
				State: properties(move[0]), OldInputs: properties(move[0]), Inputs: properties(move[1]),
			})
			require.NoError(t, err)
			assert.Equal(t, p.DiffResponse{}, resp)
		})
	}
}

// The provider has no configuration of its own and keeps what the engine sends.
func TestCheckConfigKeepsTheEnginesInputs(t *testing.T) {
	inputs := properties(object{"version": "1.2.1"})
	resp, err := newClient(t).CheckConfig(p.CheckRequest{Inputs: inputs})
	require.NoError(t, err)
	assert.Equal(t, p.CheckResponse{Inputs: inputs}, resp)
}

// The inputs that a check returns are those that the official plugin wrote into states, so a
// resource of an old state has no diff.
func TestCheckMatchesTheStatesOfTheOfficialPlugin(t *testing.T) {
	c := newClient(t)
	resp, err := c.Check(p.CheckRequest{Urn: remoteCommand, Inputs: properties(object{
		"create": "true", "connection": object{"host": "kvm1", "proxy": object{"host": "jump"}},
	})})
	require.NoError(t, err)
	assert.Empty(t, resp.Failures)
	defaults := object{"user": "root", "port": 22, "dialErrorLimit": 10, "perDialTimeout": 15}
	official := object{"create": "true", "connection": secret(with(defaults, object{
		"host": "kvm1", "proxy": with(defaults, object{"host": "jump"}),
	}))}
	assert.Equal(t, properties(official), resp.Inputs)
	diff := c.diff(remoteCommand, official, official)
	assert.False(t, diff.HasChanges)
	assert.Empty(t, diff.DetailedDiff)
}
