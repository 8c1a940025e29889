package main

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	"go.temporal.io/server/common/resolver"
)

// Records expire after two days; what is due before this moment is every one of them.
const longerThanAnyRecord = 10 * 365 * 24 * time.Hour

// forgetMembers removes what an earlier server on this file said of its members. A new one joins those of the last
// 20 s, would wait for their answers for a minute, and serve nobody meanwhile; no other server lives on the file,
// since whoever starts one has locked its directory and seen the last one end.
func forgetMembers(store *config.SQL) error {
	db, err := sql.NewSQLDB(sqlplugin.DbKindMain, store, resolver.NewNoopResolver(), log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		return fmt.Errorf("database file: %w", err)
	}
	defer func() { _ = db.Close() }()
	all := &sqlplugin.PruneClusterMembershipFilter{PruneRecordsBefore: time.Now().UTC().Add(longerThanAnyRecord)}
	if _, err := db.PruneClusterMembership(context.Background(), all); err != nil {
		return fmt.Errorf("members of the last server: %w", err)
	}
	return nil
}
