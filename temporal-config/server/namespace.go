package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

const (
	readyWithin = 30 * time.Second
	askAgain    = 20 * time.Millisecond
)

// attributeFlags collects repeated Name=Type flags.
type attributeFlags map[string]enums.IndexedValueType

func (attributes attributeFlags) String() string { return "" }

func (attributes attributeFlags) Set(text string) error {
	name, typeName, found := strings.Cut(text, "=")
	if !found || name == "" {
		return fmt.Errorf("%q is not Name=Type", text)
	}
	valueType, err := enums.IndexedValueTypeFromString(typeName)
	if err != nil || valueType == enums.INDEXED_VALUE_TYPE_UNSPECIFIED {
		return fmt.Errorf("%q is no type of search attribute", typeName)
	}
	attributes[name] = valueType
	return nil
}

// prepareNamespace waits until the namespace answers, and adds the search attributes that a database file
// from an earlier version does not have yet.
func prepareNamespace(frontend string, parsed *options) error {
	connection, err := grpc.NewClient("passthrough:///"+frontend,
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
	defer cancel()
	operator := operatorservice.NewOperatorServiceClient(connection)
	known, err := listAttributes(ctx, operator, parsed.namespace)
	if err != nil {
		return fmt.Errorf("namespace %s did not become ready: %w", parsed.namespace, err)
	}
	missing := map[string]enums.IndexedValueType{}
	for name, valueType := range parsed.searchAttributes {
		if _, ok := known[name]; !ok {
			missing[name] = valueType
		}
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace:        parsed.namespace,
		SearchAttributes: missing,
	})
	if err != nil {
		return fmt.Errorf("search attributes: %w", err)
	}
	return nil
}

func listAttributes(
	ctx context.Context, operator operatorservice.OperatorServiceClient, namespace string,
) (map[string]enums.IndexedValueType, error) {
	request := &operatorservice.ListSearchAttributesRequest{Namespace: namespace}
	for {
		// Fail-fast calls with a pause of our own: gRPC's own back-off would wait a second between tries.
		reply, err := operator.ListSearchAttributes(ctx, request)
		if err == nil {
			return reply.GetCustomAttributes(), nil
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(askAgain):
		}
	}
}
