package provider_test

import (
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
)

// A change of the triggers replaces, whatever the way they change.
func TestTriggersReplace(t *testing.T) {
	connected := object{"connection": object{"host": "kvm1"}}
	for urn, base := range map[resource.URN]object{
		localCommand:  {"create": "true", "update": "true"},
		remoteCommand: with(connected, object{"create": "true", "update": "true"}),
		copyFile:      with(connected, object{"localPath": "a", "remotePath": "b"}),
	} {
		for name, change := range map[string]struct{ olds, news object }{
			"an element changes":       {object{"triggers": []any{"a", 1}}, object{"triggers": []any{"a", 2}}},
			"an element is added":      {object{"triggers": []any{"a"}}, object{"triggers": []any{"a", "b"}}},
			"an element is removed":    {object{"triggers": []any{"a", "b"}}, object{"triggers": []any{"a"}}},
			"inside an element":        {object{"triggers": []any{object{"k": 1}}}, object{"triggers": []any{object{"k": 2}}}},
			"triggers are introduced":  {object{}, object{"triggers": []any{"a"}}},
			"triggers are given up":    {object{"triggers": []any{"a"}}, object{}},
			"together with the create": {object{"triggers": []any{"a"}, "stdin": "x"}, object{"triggers": []any{"b"}, "stdin": "y"}},
		} {
			t.Run(string(urn.Type())+": "+name, func(t *testing.T) {
				if urn == copyFile {
					delete(change.olds, "stdin")
					delete(change.news, "stdin")
				}
				diff := newClient(t).diff(urn, with(base, change.olds), with(base, change.news))
				assert.True(t, diff.HasChanges)
				assert.Contains(t, kinds(diff, "triggers"), true)
			})
		}
	}
}

// kinds tells for each changed path below property whether it replaces.
func kinds(diff p.DiffResponse, property string) []bool {
	var replaces []bool
	for path, change := range diff.DetailedDiff {
		parsed, err := resource.ParsePropertyPath(path)
		if err == nil && parsed[0] == property {
			replaces = append(replaces, change.Kind == p.AddReplace || change.Kind == p.DeleteReplace || change.Kind == p.UpdateReplace)
		}
	}
	return replaces
}

// Every other change of a command is an update, that of the connection alone included: it runs the
// command again, as the official plugin does (pulumi/pulumi-command#447).
func TestOtherChangesUpdate(t *testing.T) {
	base := object{"create": "true", "connection": object{"host": "kvm1"}, "triggers": []any{"a"}}
	for name, change := range map[string]object{
		"create":     {"create": "false"},
		"update":     {"update": "true"},
		"delete":     {"delete": "true"},
		"stdin":      {"stdin": "x"},
		"connection": {"connection": object{"host": "kvm2"}},
	} {
		t.Run(name, func(t *testing.T) {
			diff := newClient(t).diff(remoteCommand, base, with(base, change))
			assert.True(t, diff.HasChanges)
			assert.Equal(t, []bool{false}, kinds(diff, name))
			assert.Len(t, diff.DetailedDiff, 1)
		})
	}
}

// CopyFile cannot be updated: every change replaces it.
func TestCopyFileIsReplaced(t *testing.T) {
	base := object{"localPath": "a", "remotePath": "b", "connection": object{"host": "kvm1"}}
	diff := newClient(t).diff(copyFile, base, with(base, object{"remotePath": "c"}))
	assert.Equal(t, []bool{true}, kinds(diff, "remotePath"))
}
