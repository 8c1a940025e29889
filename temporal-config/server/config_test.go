package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"gopkg.in/yaml.v3"
)

func TestEveryDynamicConfigurationHoldsOnlyKeysThatTheServerKnows(t *testing.T) {
	files, err := filepath.Glob("../dynamic-config/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	production, err := filepath.Glob("../production/dynamic-config/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, production...)
	if len(files) != 4 {
		t.Fatalf("expected rehearsal, daily, development and production, found %v", files)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		loaded := dynamicconfig.LoadYamlFile(content)
		for _, problem := range append(loaded.Errors, loaded.Warnings...) {
			t.Errorf("%s: %v", file, problem)
		}
	}
}

// The server itself ignores keys it does not know, so a misspelt one would go unnoticed.
func TestTheProductionConfigurationHoldsOnlyKeysThatTheServerKnows(t *testing.T) {
	const file = "../production/temporal.yaml"
	t.Setenv("TEMPORAL_DB_ADDRESS", "database:5432")
	t.Setenv("TEMPORAL_NODE_ADDRESS", "10.0.0.1")
	if _, err := config.Load(config.WithConfigFile(file)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var rendered bytes.Buffer
	parsed, err := template.New(file).Funcs(sprig.FuncMap()).Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := parsed.Execute(&rendered, nil); err != nil {
		t.Fatal(err)
	}
	decoder := yaml.NewDecoder(&rendered)
	decoder.KnownFields(true)
	var strict config.Config
	if err := decoder.Decode(&strict); err != nil {
		t.Fatal(err)
	}
	if address := strict.Persistence.DataStores["histories"].SQL.ConnectAddr; address != "database:5432" {
		t.Errorf("the database's address does not come from the environment: %q", address)
	}
}
