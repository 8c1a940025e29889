package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	sqliteschema "go.temporal.io/server/schema/sqlite"
	"go.temporal.io/server/temporal"
)

const (
	clusterName      = "active"
	storeName        = "sqlite"
	membershipWait   = 30 * time.Second
	dynamicPollEvery = time.Minute
	archivalOff      = "disabled"
)

func newServer(parsed *options) (temporal.Server, error) {
	// Without an output file the logger writes to standard error; standard output carries the ready line only.
	logger := log.NewZapLogger(log.BuildZapLogger(log.Config{Level: parsed.logLevel}))
	store, err := newStore(parsed)
	if err != nil {
		return nil, err
	}
	settings, err := serverConfig(parsed, store)
	if err != nil {
		return nil, err
	}
	authorizer, err := authorization.GetAuthorizerFromConfig(&settings.Global.Authorization)
	if err != nil {
		return nil, fmt.Errorf("authorizer: %w", err)
	}
	claims, err := authorization.GetClaimMapperFromConfig(&settings.Global.Authorization, logger)
	if err != nil {
		return nil, fmt.Errorf("claim mapper: %w", err)
	}
	serverOptions := []temporal.ServerOption{
		temporal.WithConfig(settings),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithLogger(logger),
		temporal.WithAuthorizer(authorizer),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return claims }),
	}
	if parsed.dynamicConfig != "" {
		client, err := dynamicconfig.NewFileBasedClient(&dynamicconfig.FileBasedClientConfig{
			Filepath:     parsed.dynamicConfig,
			PollInterval: dynamicPollEvery,
		}, logger, make(chan any))
		if err != nil {
			return nil, fmt.Errorf("dynamic configuration %s: %w", parsed.dynamicConfig, err)
		}
		serverOptions = append(serverOptions, temporal.WithDynamicConfigClient(client))
	}
	return temporal.NewServer(serverOptions...)
}

// newStore describes the SQLite database, and creates its tables and the namespace where they are missing.
func newStore(parsed *options) (*config.SQL, error) {
	store := &config.SQL{PluginName: sqlite.PluginName}
	if parsed.databaseFile == "" {
		store.DatabaseName = "settle-" + strconv.Itoa(os.Getpid())
		store.ConnectAttributes = map[string]string{"mode": "memory", "cache": "shared"}
	} else if err := openDatabaseFile(parsed.databaseFile, store); err != nil {
		return nil, err
	}
	namespace, err := sqliteschema.NewNamespaceConfig(clusterName, parsed.namespace, false, parsed.searchAttributes)
	if err != nil {
		return nil, fmt.Errorf("namespace %s: %w", parsed.namespace, err)
	}
	namespace.Detail.Config.Retention.Seconds = int64(parsed.retention.Seconds())
	namespace.Detail.Config.Retention.Nanos = 0
	if err := sqliteschema.CreateNamespaces(store, namespace); err != nil {
		return nil, err
	}
	return store, nil
}

func openDatabaseFile(file string, store *config.SQL) error {
	// The name becomes part of a URI: characters such as ? and % would otherwise change its meaning.
	store.DatabaseName = (&url.URL{Path: file}).EscapedPath()
	// WAL with synchronous=1 keeps what was committed through a crash of the process, three times faster
	// than the rollback journal.
	store.ConnectAttributes = map[string]string{"mode": "rwc", "journal_mode": "wal", "synchronous": "1"}
	if _, err := os.Stat(file); err == nil {
		return forgetMembers(store)
	} else if !os.IsNotExist(err) {
		return fmt.Errorf("database file: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("database directory: %w", err)
	}
	if err := sqliteschema.SetupSchema(store); err != nil {
		return fmt.Errorf("tables of %s: %w", file, err)
	}
	return nil
}

func serverConfig(parsed *options, store *config.SQL) (*config.Config, error) {
	services, err := serviceConfigs(parsed.port)
	if err != nil {
		return nil, err
	}
	frontend := fmt.Sprintf("%s:%d", localAddress, parsed.port)
	settings := &config.Config{
		Services:            services,
		PublicClient:        config.PublicClient{HostPort: frontend},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Persistence: config.Persistence{
			DefaultStore:     storeName,
			VisibilityStore:  storeName,
			NumHistoryShards: 1,
			DataStores:       map[string]config.DataStore{storeName: {SQL: store}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: frontend},
			},
		},
	}
	settings.Global.Membership.MaxJoinDuration = membershipWait
	settings.Global.Membership.BroadcastAddress = localAddress
	settings.Archival.History.State = archivalOff
	settings.Archival.Visibility.State = archivalOff
	settings.NamespaceDefaults.Archival.History.State = archivalOff
	settings.NamespaceDefaults.Archival.Visibility.State = archivalOff
	return settings, nil
}

func serviceConfigs(frontendPort int) (map[string]config.Service, error) {
	names := []string{"frontend", "history", "matching", "worker"}
	ports, err := freePorts(2 * len(names))
	if err != nil {
		return nil, err
	}
	services := make(map[string]config.Service, len(names))
	for i, name := range names {
		rpc := config.RPC{GRPCPort: ports[2*i], MembershipPort: ports[2*i+1], BindOnIP: localAddress}
		if name == "frontend" {
			rpc.GRPCPort = frontendPort
		}
		services[name] = config.Service{RPC: rpc}
	}
	return services, nil
}
