package remote

import (
	"context"

	"github.com/pkg/sftp"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// CopyFile is the resource command:remote:CopyFile. It has no update: every change replaces it.
type CopyFile struct{}

// CopyFileInputs are the arguments of a CopyFile.
type CopyFileInputs struct {
	Connection Connection `pulumi:"connection" provider:"secret"`
	Triggers   *[]any     `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	LocalPath  string     `pulumi:"localPath"`
	RemotePath string     `pulumi:"remotePath"`
}

// CopyFileOutputs are the state of a CopyFile.
type CopyFileOutputs struct {
	CopyFileInputs
}

// Annotate describes the resource in the schema.
func (c *CopyFile) Annotate(a infer.Annotator) {
	a.Describe(&c, "A local file that is copied to a remote machine.")
	a.Deprecate(&c, "Use `CopyToRemote`.")
}

// Annotate describes the arguments in the schema.
func (i *CopyFileInputs) Annotate(a infer.Annotator) {
	a.Describe(&i.Connection, "How to connect to the machine.")
	a.Describe(&i.Triggers, "Values of any type; the file is copied anew when one of them changes.")
	a.Describe(&i.LocalPath, "The file to copy.")
	a.Describe(&i.RemotePath, "Where the file goes, name included.")
}

// Create copies the file.
func (*CopyFile) Create(
	ctx context.Context, req infer.CreateRequest[CopyFileInputs],
) (infer.CreateResponse[CopyFileOutputs], error) {
	id, err := resource.NewUniqueHex("", 8, 0)
	if err == nil && !req.DryRun {
		err = req.Inputs.Connection.withSFTP(ctx, func(client *sftp.Client) error {
			return putFile(client, req.Inputs.LocalPath, req.Inputs.RemotePath)
		})
	}
	return infer.CreateResponse[CopyFileOutputs]{ID: id, Output: CopyFileOutputs{req.Inputs}}, err
}
