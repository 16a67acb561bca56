/*
 * Data on standard output: a table for people, JSON, YAML or CSV for programs. records.h
 * describes what a command prints.
 */
#ifndef ORGADMIN_OUTPUT_OUTPUT_H
#define ORGADMIN_OUTPUT_OUTPUT_H

#include <cjson/cJSON.h>

#include "orgadmin/invocation.h"
#include "orgadmin/output/collection.h"
#include "orgadmin/output/records.h"

/* EXIT_DONE, or EXIT_USAGE after a complaint about -o, --columns or --sort. */
enum exit_status output_check(const struct invocation *inv);

/* Prints RECORDS (an array, or one object), which --columns and --sort change. With a table or CSV
 * everything is cleaned, with JSON and YAML what reaches a terminal. */
enum exit_status output(const struct invocation *inv, const cJSON *records);

/* The same for a listing, which may be long; its order is changed. */
enum exit_status output_list(const struct invocation *inv, struct collection *records);

/* The same, but JSON and YAML print what the provider "file" reads: ORGANIZATION around it. */
enum exit_status output_export(const struct invocation *inv, const cJSON *organization,
                               struct collection *members);

/* Prints all of RECORDS as JSON, with ONE the only one alone. */
void output_json(bool one, const struct collection *records);

/* True with -o json or yaml: the record's shape matters, not its columns. */
bool output_structured(const struct invocation *inv);

/* True when the output is for a person and nothing was asked of it. */
bool output_plain(const struct invocation *inv);

/* For a command's --help: its columns. */
void output_help(const struct record_kind *kind);

#endif
