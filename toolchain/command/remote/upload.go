package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pkg/sftp"
)

// withSFTP calls use with a file transfer session, which ends early when ctx does.
func (c Connection) withSFTP(ctx context.Context, use func(*sftp.Client) error) error {
	client, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	stop := context.AfterFunc(ctx, func() { client.Close() })
	defer stop()
	files, err := sftp.NewClient(client, sftp.UseConcurrentWrites(true))
	if err != nil {
		return causeOr(ctx, fmt.Errorf("start SFTP: %w", err))
	}
	defer files.Close()
	if err := use(files); err != nil {
		return causeOr(ctx, err)
	}
	return nil
}

// upload copies a file or a directory, as cp does: a file goes to target, or into it where that is a
// directory; `dir` goes into target, and `dir/` stands for what the directory holds.
func upload(client *sftp.Client, source, target string) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	name := filepath.Base(source)
	if info.IsDir() {
		if !strings.HasSuffix(source, "/") {
			target = path.Join(target, name)
		}
		return putDirectory(client, source, target)
	}
	into, err := isDirectory(client, target)
	if err != nil {
		return err
	}
	if into {
		target = path.Join(target, name)
	} else if err := makeDirectory(client, path.Dir(target)); err != nil {
		return err
	}
	return putFile(client, source, target)
}

// uploadText writes text to target, which must name a file.
func uploadText(client *sftp.Client, text, target string) error {
	directory, err := isDirectory(client, target)
	if err != nil {
		return err
	}
	if directory {
		return fmt.Errorf("remotePath: must name a file for a string asset, got the directory %q", target)
	}
	if err := makeDirectory(client, path.Dir(target)); err != nil {
		return err
	}
	return put(client, strings.NewReader(text), target)
}

func putDirectory(client *sftp.Client, source, target string) error {
	return filepath.WalkDir(source, func(from string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(source, from)
		if err != nil {
			return err
		}
		to := path.Join(target, filepath.ToSlash(relative))
		if entry.IsDir() {
			return makeDirectory(client, to)
		}
		return putFile(client, from, to)
	})
}

func putFile(client *sftp.Client, source, target string) error {
	file, err := os.Open(source)
	if err != nil {
		return err
	}
	defer file.Close()
	return put(client, file, target)
}

// put writes content to target; a close that fails is a file that may be short.
func put(client *sftp.Client, content io.Reader, target string) (err error) {
	file, err := client.Create(target)
	if err != nil {
		return fmt.Errorf("create remote file %q: %w", target, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := file.ReadFrom(content); err != nil {
		return fmt.Errorf("write remote file %q: %w", target, err)
	}
	return nil
}

func makeDirectory(client *sftp.Client, directory string) error {
	if err := client.MkdirAll(directory); err != nil {
		return fmt.Errorf("create remote directory %q: %w", directory, err)
	}
	return nil
}

// isDirectory tells whether the remote path is a directory; nothing there is not one.
func isDirectory(client *sftp.Client, name string) (bool, error) {
	info, err := client.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at remote path %q: %w", name, err)
	}
	return info.IsDir(), nil
}
