package actuator

import "net/http"

// listJobStreams answers GET /actuator/jobstreams, /client and /remote, which are not served yet: the
// router keeps no list of streams that can be read.
func listJobStreams(*server, Cluster, *http.Request) (int, any, error) {
	return 0, nil, &notServedError{"the list of job streams is not available in this version"}
}
