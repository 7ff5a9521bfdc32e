package remote

import (
	"context"

	"github.com/pkg/sftp"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// CopyToRemote is the resource command:remote:CopyToRemote.
type CopyToRemote struct{}

// CopyToRemoteInputs are the arguments of a CopyToRemote.
type CopyToRemoteInputs struct {
	Connection Connection           `pulumi:"connection" provider:"secret"`
	Triggers   *[]any               `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Source     types.AssetOrArchive `pulumi:"source"`
	RemotePath string               `pulumi:"remotePath"`
}

// CopyToRemoteOutputs are the state of a CopyToRemote.
type CopyToRemoteOutputs struct {
	CopyToRemoteInputs
}

// Annotate describes the resource in the schema.
func (c *CopyToRemote) Annotate(a infer.Annotator) {
	a.Describe(&c, "A file, a text or a directory that is copied to a remote machine.")
}

// Annotate describes the arguments in the schema.
func (i *CopyToRemoteInputs) Annotate(a infer.Annotator) {
	a.Describe(&i.Connection, "How to connect to the machine.")
	a.Describe(&i.Triggers, "Values of any type; the source is copied anew when one of them changes.")
	a.Describe(&i.Source, "A FileAsset, a StringAsset or a FileArchive; "+
		"archives are copied as they are, directories with all they hold.")
	a.Describe(&i.RemotePath, "Where the source goes; missing parent directories are made. "+
		"A file or a directory goes into an existing directory; a file replaces an existing file.")
}

// Check refuses sources that are not files, texts or directories.
func (*CopyToRemote) Check(
	ctx context.Context, req infer.CheckRequest,
) (infer.CheckResponse[CopyToRemoteInputs], error) {
	inputs, failures, err := infer.DefaultCheck[CopyToRemoteInputs](ctx, req.NewInputs)
	// A source that is still unknown, in a preview, is checked when it is known.
	if source, given := req.NewInputs.GetOk("source"); given && !source.HasComputed() && !copyable(inputs.Source) {
		failures = append(failures, p.CheckFailure{
			Property: "source",
			Reason:   "must be a file asset, a string asset or a file archive",
		})
	}
	return infer.CheckResponse[CopyToRemoteInputs]{Inputs: inputs, Failures: failures}, err
}

func copyable(source types.AssetOrArchive) bool {
	if source.Asset != nil {
		return source.Asset.IsPath() || source.Asset.IsText()
	}
	return source.Archive != nil && source.Archive.IsPath()
}

// Create copies the source.
func (*CopyToRemote) Create(
	ctx context.Context, req infer.CreateRequest[CopyToRemoteInputs],
) (infer.CreateResponse[CopyToRemoteOutputs], error) {
	id, err := resource.NewUniqueHex("", 8, 0)
	if err == nil && !req.DryRun {
		err = req.Inputs.copy(ctx)
	}
	return infer.CreateResponse[CopyToRemoteOutputs]{ID: id, Output: CopyToRemoteOutputs{req.Inputs}}, err
}

// Update copies the source again, whichever argument changed.
func (*CopyToRemote) Update(
	ctx context.Context, req infer.UpdateRequest[CopyToRemoteInputs, CopyToRemoteOutputs],
) (infer.UpdateResponse[CopyToRemoteOutputs], error) {
	var err error
	if !req.DryRun {
		err = req.Inputs.copy(ctx)
	}
	return infer.UpdateResponse[CopyToRemoteOutputs]{Output: CopyToRemoteOutputs{req.Inputs}}, err
}

func (i CopyToRemoteInputs) copy(ctx context.Context) error {
	return i.Connection.withSFTP(ctx, func(client *sftp.Client) error {
		switch {
		case i.Source.Archive != nil:
			return upload(client, i.Source.Archive.Path, i.RemotePath)
		case i.Source.Asset.IsText():
			return uploadText(client, i.Source.Asset.Text, i.RemotePath)
		default:
			return upload(client, i.Source.Asset.Path, i.RemotePath)
		}
	})
}
