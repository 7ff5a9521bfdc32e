package provider

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
)

// The embedded schema is what the generator makes of the provider now; `go generate ./...` renews it.
func TestSchemaIsCurrent(t *testing.T) {
	spec, err := tfgen.GenerateSchema(Info(), cmdutil.Diag())
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := os.ReadFile("cmd/pulumi-resource-libvirt/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, section := range []string{"config", "provider", "resources", "functions", "types"} {
		if !reflect.DeepEqual(names(t, fresh, section), names(t, stored, section)) {
			t.Errorf("%s: schema.json must be what the generator makes; run go generate ./...", section)
		}
	}
}

// names reads one section without its descriptions, which come from documentation that the module does not ship.
func names(t *testing.T, schema []byte, section string) any {
	t.Helper()
	var sections map[string]any
	if err := json.Unmarshal(schema, &sections); err != nil {
		t.Fatal(err)
	}
	return undescribed(sections[section])
}

func undescribed(value any) any {
	switch value := value.(type) {
	case map[string]any:
		plain := map[string]any{}
		for key, item := range value {
			// "description" is also a property's name; only text is documentation.
			if _, text := item.(string); key != "description" || !text {
				plain[key] = undescribed(item)
			}
		}
		return plain
	case []any:
		plain := make([]any, len(value))
		for i, item := range value {
			plain[i] = undescribed(item)
		}
		return plain
	}
	return value
}
