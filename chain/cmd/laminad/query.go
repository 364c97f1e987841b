package main

import (
	"fmt"
	"reflect"
	"sort"
	"strings"

	gogoproto "github.com/cosmos/gogoproto/proto"
	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/rpc"
	"github.com/cosmos/cosmos-sdk/server"
	authcli "github.com/cosmos/cosmos-sdk/x/auth/client/cli"
)

func queryCommand() *cobra.Command {
	command := &cobra.Command{
		Use:     "query",
		Aliases: []string{"q"},
		Short:   "Read the chain",
		RunE:    client.ValidateCmd,
	}
	command.AddCommand(
		callCommand(),
		methodsCommand(),
		rpc.ValidatorCommand(),
		rpc.WaitTxCmd(),
		server.QueryBlockCmd(),
		server.QueryBlocksCmd(),
		server.QueryBlockResultsCmd(),
		authcli.QueryTxCmd(),
		authcli.QueryTxsByEventsCmd(),
	)
	return command
}

// callCommand asks any query service of the chain. One command serves every module, ours included: requests and
// answers are the JSON form of the messages in proto/.
func callCommand() *cobra.Command {
	command := &cobra.Command{
		Use:     "call SERVICE/METHOD [REQUEST]",
		Short:   "Call a query method with a request in JSON; `query methods` lists them",
		Example: `laminad query call cosmos.bank.v1beta1.Query/AllBalances '{"address":"lamina1..."}'`,
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(command *cobra.Command, arguments []string) error {
			context, err := client.GetClientQueryContext(command)
			if err != nil {
				return err
			}
			request := "{}"
			if len(arguments) == 2 {
				request = arguments[1]
			}
			return call(command, context, strings.TrimPrefix(arguments[0], "/"), request)
		},
	}
	flags.AddQueryFlagsToCmd(command)
	return command
}

func call(command *cobra.Command, context client.Context, path, requestJSON string) error {
	method, err := findMethod(path)
	if err != nil {
		return err
	}
	request, err := newMessage(method.Input().FullName())
	if err != nil {
		return err
	}
	response, err := newMessage(method.Output().FullName())
	if err != nil {
		return err
	}
	if err := context.Codec.UnmarshalJSON([]byte(requestJSON), request); err != nil {
		return fmt.Errorf("read the request as %s: %w", method.Input().FullName(), err)
	}
	if err := context.Invoke(command.Context(), "/"+path, request, response); err != nil {
		return err
	}
	return context.PrintProto(response)
}

func findMethod(path string) (protoreflect.MethodDescriptor, error) {
	service, name, ok := strings.Cut(path, "/")
	if !ok {
		return nil, fmt.Errorf("expected SERVICE/METHOD, found %q", path)
	}
	descriptor, err := gogoproto.HybridResolver.FindDescriptorByName(protoreflect.FullName(service))
	if err != nil {
		return nil, fmt.Errorf("find service %q: %w", service, err)
	}
	found, ok := descriptor.(protoreflect.ServiceDescriptor)
	if !ok {
		return nil, fmt.Errorf("expected a service, found %q to be something else", service)
	}
	method := found.Methods().ByName(protoreflect.Name(name))
	if method == nil {
		return nil, fmt.Errorf("service %q has no method %q", service, name)
	}
	return method, nil
}

func newMessage(name protoreflect.FullName) (gogoproto.Message, error) {
	found := gogoproto.MessageType(string(name))
	if found == nil {
		return nil, fmt.Errorf("message %q is not part of this binary", name)
	}
	message, ok := reflect.New(found.Elem()).Interface().(gogoproto.Message)
	if !ok {
		return nil, fmt.Errorf("message %q cannot be encoded", name)
	}
	return message, nil
}

func methodsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "methods [PREFIX]",
		Short: "List query methods with their request types",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			prefix := strings.Join(arguments, "")
			lines, err := queryMethods(prefix)
			if err != nil {
				return err
			}
			for _, line := range lines {
				if _, err := fmt.Fprintln(command.OutOrStdout(), line); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// queryMethods lists methods of services named Query or Service whose full name starts with prefix, sorted.
func queryMethods(prefix string) ([]string, error) {
	files, err := gogoproto.MergedRegistry()
	if err != nil {
		return nil, fmt.Errorf("merge proto registries: %w", err)
	}
	var lines []string
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			if service.Name() == "Msg" || !strings.HasPrefix(string(service.FullName()), prefix) {
				continue
			}
			for j := range service.Methods().Len() {
				method := service.Methods().Get(j)
				lines = append(lines, fmt.Sprintf("%s/%s %s", service.FullName(), method.Name(), method.Input().FullName()))
			}
		}
		return true
	})
	sort.Strings(lines)
	return lines, nil
}
