// Command laminad is Lamina's settlement node and the command line to its chain.
package main

import (
	"fmt"
	"os"

	"github.com/cosmos/cosmos-sdk/server/cmd"

	"github.com/lamina-network/lamina/chain/app"
)

// environmentPrefix starts the environment variables that stand for flags, as in LAMINAD_HOME.
const environmentPrefix = "LAMINAD"

func main() {
	if err := cmd.Execute(newRootCommand(), environmentPrefix, app.DefaultHome()); err != nil {
		fmt.Fprintln(os.Stderr, "laminad:", err)
		os.Exit(1)
	}
}
