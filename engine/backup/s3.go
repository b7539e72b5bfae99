package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// s3Store is a store in a bucket of S3, or of a server that speaks its protocol.
type s3Store struct {
	client         *s3.Client
	bucket, prefix string
	where          string
}

// openS3 reads an address such as s3://bucket/prefix?endpoint=https://minio:9000&region=eu-west-1.
// With an endpoint of one's own the bucket is part of the path, as such servers expect.
func openS3(address string, env func(string) string) (Store, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("%q is no address of a bucket (write s3://bucket/prefix?endpoint=…&region=…, credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)", address)
	}
	q := u.Query()
	for name := range q {
		if name != "endpoint" && name != "region" {
			return nil, fmt.Errorf("%q: %s is unknown (an address has endpoint and region)", address, name)
		}
	}
	region := q.Get("region")
	if region == "" {
		region = env("AWS_REGION")
	}
	if region == "" {
		return nil, fmt.Errorf("%q has no region (add region=…, or set AWS_REGION)", address)
	}
	key, secret := env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY")
	if key == "" || secret == "" {
		return nil, fmt.Errorf("%q needs credentials (set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)", address)
	}
	options := s3.Options{
		Region: region, Credentials: credentials.NewStaticCredentialsProvider(key, secret, env("AWS_SESSION_TOKEN")),
		// The store verifies with checksums of its own; servers other than Amazon's may not know these.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	}
	if endpoint := q.Get("endpoint"); endpoint != "" {
		options.BaseEndpoint, options.UsePathStyle = aws.String(endpoint), true
	}
	s := &s3Store{client: s3.New(options), bucket: u.Host, where: address}
	if prefix := strings.Trim(u.Path, "/"); prefix != "" {
		s.prefix = prefix + "/"
	}
	return s, nil
}

// String is the address.
func (s *s3Store) String() string { return s.where }

func (s *s3Store) failed(what, name string, err error) error {
	return fmt.Errorf("%s %s in the bucket %s: %w", what, s.prefix+name, s.bucket, err)
}

// Put implements Store: a PUT takes effect whole or not at all, and the server checks the signed
// digest of the content.
func (s *s3Store) Put(ctx context.Context, name string, content io.ReadSeeker, size int64) error {
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &s.bucket, Key: aws.String(s.prefix + name), Body: content, ContentLength: &size,
	})
	if err != nil {
		return s.failed("write", name, err)
	}
	return nil
}

// Get implements Store.
func (s *s3Store) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: aws.String(s.prefix + name)})
	if missing := (*types.NoSuchKey)(nil); errors.As(err, &missing) {
		err = ErrNotFound
	}
	if err != nil {
		return nil, s.failed("read", name, err)
	}
	return out.Body, nil
}

// List implements Store.
func (s *s3Store) List(ctx context.Context, prefix string) (names []string, err error) {
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: aws.String(s.prefix + prefix)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.failed("list", prefix, err)
		}
		for _, object := range page.Contents {
			names = append(names, strings.TrimPrefix(aws.ToString(object.Key), s.prefix))
		}
	}
	return names, nil
}

// Folders implements Store.
func (s *s3Store) Folders(ctx context.Context) (names []string, err error) {
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &s.prefix, Delimiter: aws.String("/")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.failed("list", "", err)
		}
		for _, common := range page.CommonPrefixes {
			names = append(names, strings.TrimSuffix(strings.TrimPrefix(aws.ToString(common.Prefix), s.prefix), "/"))
		}
	}
	return names, nil
}

// Delete implements Store.
func (s *s3Store) Delete(ctx context.Context, name string) error {
	if _, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: aws.String(s.prefix + name)}); err != nil {
		return s.failed("delete", name, err)
	}
	return nil
}
