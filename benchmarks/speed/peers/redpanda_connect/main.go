// Command redpanda-connect is Benthos, the open engine of Redpanda Connect, with the components
// that the benchmark's configuration names and none of the connectors to other services.
package main

import (
	"context"

	"github.com/redpanda-data/benthos/v4/public/service"

	_ "github.com/redpanda-data/benthos/v4/public/components/io"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
)

func main() { service.RunCLI(context.Background()) }
