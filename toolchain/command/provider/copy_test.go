package provider_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func textAsset(t *testing.T, text string) property.Value {
	t.Helper()
	asset, err := resource.NewTextAsset(text)
	require.NoError(t, err)
	return property.New(asset)
}

func pathAsset(t *testing.T, path string) property.Value {
	t.Helper()
	asset, err := resource.NewPathAsset(path)
	require.NoError(t, err)
	return property.New(asset)
}

// unread is an asset that was not looked at, as its constructors in the SDK do.
func unread(path, uri string) property.Value {
	return property.New(&resource.Asset{Sig: resource.AssetSig, Path: path, URI: uri})
}

func pathArchive(t *testing.T, path string) property.Value {
	t.Helper()
	archive, err := resource.NewPathArchive(path)
	require.NoError(t, err)
	return property.New(archive)
}

// tree makes files below dir, each holding its own path, and returns dir.
func tree(t *testing.T, dir string, files ...string) string {
	t.Helper()
	for _, file := range files {
		path := filepath.Join(dir, file)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(file), 0o644))
	}
	return dir
}

func content(t *testing.T, path string) string {
	t.Helper()
	bytes, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(bytes)
}

// Files, texts and directories land where the SDK's documentation says.
func TestCopyToRemote(t *testing.T) {
	c := newClient(t)
	connection := startSSHD(t).connection()
	source := tree(t, filepath.Join(t.TempDir(), "source"), "file", "deep/er/file")
	file := pathAsset(t, filepath.Join(source, "file"))
	directory, holdings := pathArchive(t, source), pathArchive(t, source+"/")
	for name, test := range map[string]struct {
		source property.Value
		target string // below a directory of its own that holds there/old
		want   map[string]string
	}{
		"a file to a new name":             {file, "new", map[string]string{"new": "file"}},
		"a file below missing directories": {file, "a/b/new", map[string]string{"a/b/new": "file"}},
		"a file over a file":               {file, "there/old", map[string]string{"there/old": "file"}},
		"a file into a directory": {file, "there", map[string]string{
			"there/file": "file", "there/old": "there/old",
		}},
		"a text to a new name":      {textAsset(t, "text"), "a/text", map[string]string{"a/text": "text"}},
		"a text over a longer file": {textAsset(t, "t"), "there/old", map[string]string{"there/old": "t"}},
		"a directory into a directory": {directory, "there", map[string]string{
			"there/source/file": "file", "there/source/deep/er/file": "deep/er/file",
		}},
		"a directory into a missing directory": {directory, "a/b", map[string]string{
			"a/b/source/deep/er/file": "deep/er/file",
		}},
		"what a directory holds": {holdings, "there", map[string]string{
			"there/file": "file", "there/deep/er/file": "deep/er/file", "there/old": "there/old",
		}},
		"an archive's file, which is not opened": {pathArchive(t, archiveFile(t)), "a.tgz", map[string]string{
			"a.tgz": "not opened",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			root := tree(t, t.TempDir(), "there/old")
			inputs := object{"connection": secret(connection), "source": test.source, "remotePath": filepath.Join(root, test.target)}
			assert.Equal(t, properties(inputs), c.create(copyToRemote, inputs))
			for path, want := range test.want {
				assert.Equal(t, want, content(t, filepath.Join(root, path)), path)
			}
		})
	}
}

func archiveFile(t *testing.T) string {
	t.Helper()
	return writeFile(t, t.TempDir(), "a.tgz", "not opened")
}

// A large file arrives whole.
func TestCopyOfALargeFile(t *testing.T) {
	dir := t.TempDir()
	large := strings.Repeat("0123456789abcdef", 1<<18)
	newClient(t).create(copyToRemote, object{
		"connection": startSSHD(t).connection(),
		"source":     pathAsset(t, writeFile(t, dir, "large", large)), "remotePath": filepath.Join(dir, "copy"),
	})
	assert.True(t, content(t, filepath.Join(dir, "copy")) == large)
}

// What cannot be copied is an error that names the remote path.
func TestCopyToRemoteRefusals(t *testing.T) {
	c := newClient(t)
	connection := startSSHD(t).connection()
	root := tree(t, t.TempDir(), "there/old")
	for name, test := range map[string]struct {
		source property.Value
		target string
		want   string
	}{
		"a text over a directory":    {textAsset(t, "x"), "there", "remotePath: must name a file for a string asset"},
		"a directory over a file":    {pathArchive(t, root+"/"), "there/old", "create remote directory"},
		"a directory below a file":   {pathArchive(t, root), "there/old", "create remote directory"},
		"a source that is not there": {unread(filepath.Join(root, "missing"), ""), "x", "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.tryCreate(copyToRemote, object{
				"connection": connection, "source": test.source, "remotePath": filepath.Join(root, test.target),
			})
			assert.ErrorContains(t, err, test.want)
		})
	}
	assert.Equal(t, "there/old", content(t, filepath.Join(root, "there/old")))
}

// Only file assets, string assets and file archives pass the check; an unknown source may become one.
func TestCopyToRemoteCheck(t *testing.T) {
	members, err := resource.NewAssetArchive(map[string]any{})
	require.NoError(t, err)
	for name, test := range map[string]struct {
		source   property.Value
		failures int
	}{
		"file asset":    {unread("x", ""), 0},
		"string asset":  {textAsset(t, "x"), 0},
		"file archive":  {pathArchive(t, t.TempDir()), 0},
		"secret asset":  {secret(textAsset(t, "x")), 0},
		"unknown":       {unknown(), 0},
		"remote asset":  {unread("", "https://example.com/x"), 1},
		"asset archive": {property.New(members), 1},
	} {
		t.Run(name, func(t *testing.T) {
			resp, err := newClient(t).Check(p.CheckRequest{Urn: copyToRemote, Inputs: properties(object{
				"connection": object{"host": "kvm1"}, "source": test.source, "remotePath": "x",
			})})
			require.NoError(t, err)
			assert.Len(t, resp.Failures, test.failures)
		})
	}
}

// A preview copies nothing; an update copies again.
func TestCopyToRemoteUpdate(t *testing.T) {
	c := newClient(t)
	target := filepath.Join(t.TempDir(), "target")
	inputs := object{"connection": secret(startSSHD(t).connection()), "source": textAsset(t, "one"), "remotePath": target}
	_, err := c.Create(p.CreateRequest{Urn: copyToRemote, Properties: properties(inputs), DryRun: true})
	require.NoError(t, err)
	assert.NoFileExists(t, target)
	state := c.create(copyToRemote, inputs)
	changed := with(inputs, object{"source": textAsset(t, "two")})
	c.preview(copyToRemote, state, changed)
	assert.Equal(t, "one", content(t, target))
	assert.Equal(t, properties(changed), c.update(copyToRemote, state, changed))
	assert.Equal(t, "two", content(t, target))
	c.delete(copyToRemote, state)
	assert.Equal(t, "two", content(t, target), "a delete leaves the copy, as the official plugin does")
}

// CopyFile copies one file.
func TestCopyFile(t *testing.T) {
	c := newClient(t)
	dir := tree(t, t.TempDir(), "file")
	inputs := object{
		"connection": secret(startSSHD(t).connection()),
		"localPath":  filepath.Join(dir, "file"), "remotePath": filepath.Join(dir, "copy"),
	}
	_, err := c.Create(p.CreateRequest{Urn: copyFile, Properties: properties(inputs), DryRun: true})
	require.NoError(t, err)
	assert.NoFileExists(t, filepath.Join(dir, "copy"))
	assert.Equal(t, properties(inputs), c.create(copyFile, inputs))
	assert.Equal(t, "file", content(t, filepath.Join(dir, "copy")))
}
