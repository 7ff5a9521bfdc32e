package local

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gobwas/glob"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// collect fills in the files that the command left in dir.
func collect(dir string, in Inputs, out *Outputs) error {
	if in.AssetPaths != nil {
		assets, err := find(dir, *in.AssetPaths)
		if err != nil {
			return err
		}
		wrapped := make(map[string]types.AssetOrArchive, len(assets))
		for path, asset := range assets {
			wrapped[path] = types.AssetOrArchive{Asset: asset}
		}
		out.Assets = &wrapped
	}
	if in.ArchivePaths != nil {
		assets, err := find(dir, *in.ArchivePaths)
		if err != nil {
			return err
		}
		members := make(map[string]any, len(assets))
		for path, asset := range assets {
			members[path] = asset
		}
		if out.Archive, err = resource.NewAssetArchive(members); err != nil {
			return err
		}
	}
	return nil
}

// rule is one pattern of a list; the last one that matches a file decides.
type rule struct {
	glob.Glob
	exclude bool
}

func compile(patterns []string) ([]rule, error) {
	rules := make([]rule, 0, len(patterns))
	for _, pattern := range patterns {
		bare, exclude := strings.CutPrefix(pattern, "!")
		compiled, err := glob.Compile(bare, '/')
		if err != nil {
			return nil, fmt.Errorf("glob %q: %w", pattern, err)
		}
		rules = append(rules, rule{compiled, exclude})
	}
	return rules, nil
}

// find returns the files under dir that patterns select, by relative path.
func find(dir string, patterns []string) (map[string]*resource.Asset, error) {
	rules, err := compile(patterns)
	if err != nil {
		return nil, err
	}
	found := map[string]*resource.Asset{}
	err = fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		selected := false
		for _, rule := range rules {
			if rule.Match(path) {
				selected = !rule.exclude
			}
		}
		if !selected {
			return nil
		}
		found[path], err = resource.NewPathAsset(filepath.Join(dir, path))
		return err
	})
	return found, err
}
