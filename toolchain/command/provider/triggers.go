package provider

import (
	"context"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
)

type diffFunc = func(context.Context, p.DiffRequest) (p.DiffResponse, error)

// replaceOnTriggers makes a change inside the triggers a replacement. The framework compares only
// whole property names with the schema's replaceOnChanges, so it misses `triggers[0]`.
func replaceOnTriggers(diff diffFunc) diffFunc {
	return func(ctx context.Context, req p.DiffRequest) (p.DiffResponse, error) {
		resp, err := diff(ctx, req)
		for path, change := range resp.DetailedDiff {
			if strings.HasPrefix(path, "triggers[") {
				change.Kind = asReplace(change.Kind)
				resp.DetailedDiff[path] = change
			}
		}
		return resp, err
	}
}

func asReplace(kind p.DiffKind) p.DiffKind {
	switch kind {
	case p.Add:
		return p.AddReplace
	case p.Delete:
		return p.DeleteReplace
	case p.Update:
		return p.UpdateReplace
	default:
		return kind
	}
}
