package main

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/resolver"
)

func TestMembersOfAServerThatWasKilledAreForgottenOnTheNextStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "temporal.sqlite")
	store := &config.SQL{PluginName: sqlite.PluginName}
	if err := openDatabaseFile(file, store); err != nil {
		t.Fatal(err)
	}
	db, err := sql.NewSQLDB(sqlplugin.DbKindMain, store, resolver.NewNoopResolver(), log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	now := time.Now().UTC()
	member := &sqlplugin.ClusterMembershipRow{
		HostID:        []byte("0123456789abcdef"),
		RPCAddress:    localAddress,
		RPCPort:       7233,
		SessionStart:  now,
		LastHeartbeat: now,
		RecordExpiry:  now.Add(48 * time.Hour),
	}
	if _, err := db.UpsertClusterMembership(context.Background(), member); err != nil {
		t.Fatal(err)
	}
	members := func() int {
		rows, err := db.GetClusterMembers(context.Background(), &sqlplugin.ClusterMembershipFilter{MaxRecordCount: 10})
		if err != nil {
			t.Fatal(err)
		}
		return len(rows)
	}
	if found := members(); found != 1 {
		t.Fatalf("expected the member that was written, found %d", found)
	}
	if err := openDatabaseFile(file, store); err != nil {
		t.Fatal(err)
	}
	if found := members(); found != 0 {
		t.Errorf("expected no member after a new start, found %d", found)
	}
}
