/* YAML; the only user of libyaml. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "orgadmin/output/print.h"

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* True when no reader of YAML 1.1 or 1.2 can take the string for anything else. */
static bool is_plain(const char *text)
{
    static const char *const words[] = {"true", "false", "null", "yes", "no",
                                        "on",   "off",   "y",    "n"};
    const char *s = text;
    if (!is_letter(*s))
        return false;
    while (is_letter(*s) || (*s >= '0' && *s <= '9') || *s == '_' || *s == '.' || *s == '@')
        s++;
    for (size_t i = 0; s - text <= 5 && i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i]) == 0)
            return false;
    return *s == '\0';
}

static bool put(yaml_emitter_t *emitter, yaml_event_t *event, int made)
{
    return made && yaml_emitter_emit(emitter, event);
}

static bool put_scalar(yaml_emitter_t *emitter, const char *text, bool plain)
{
    yaml_event_t event;
    int made = yaml_scalar_event_initialize(
        &event, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text), plain, 1,
        plain ? YAML_PLAIN_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE);
    return put(emitter, &event, made);
}

static bool put_text(yaml_emitter_t *emitter, const struct view *v, const char *text)
{
    char clean[CELL_MAX];
    text = view_text(v, text, clean);
    return put_scalar(emitter, text, is_plain(text));
}

static bool begin_map(yaml_emitter_t *emitter)
{
    yaml_event_t event;
    return put(
        emitter, &event,
        yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
}

static bool end_map(yaml_emitter_t *emitter)
{
    yaml_event_t event;
    return put(emitter, &event, yaml_mapping_end_event_initialize(&event));
}

static bool begin_list(yaml_emitter_t *emitter)
{
    yaml_event_t event;
    return put(
        emitter, &event,
        yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE));
}

static bool end_list(yaml_emitter_t *emitter)
{
    yaml_event_t event;
    return put(emitter, &event, yaml_sequence_end_event_initialize(&event));
}

/* The object whose texts begin at *ITEM, which moves behind them. */
static bool put_object(yaml_emitter_t *emitter, const struct view *v, const object_fields *fields,
                       const char **item)
{
    bool done = begin_map(emitter);
    for (int i = 0; i < OBJECT_FIELDS; i++, *item += strlen(*item) + 1)
        if (done && **item)
            done = put_scalar(emitter, (*fields)[i], true) && put_text(emitter, v, *item);
    return done && end_map(emitter);
}

/* Recursion: RECORD_JSON_MAX bounds the depth. */
static bool put_json(yaml_emitter_t *emitter, const struct view *v, const cJSON *node)
{
    char number[32];
    if (cJSON_IsString(node))
        return put_text(emitter, v, node->valuestring);
    if (!cJSON_IsArray(node) && !cJSON_IsObject(node)) {
        char *text = cJSON_PrintUnformatted(node);
        snprintf(number, sizeof number, "%s", text ? text : "");
        cJSON_free(text);
        return *number && put_scalar(emitter, number, true);
    }
    bool map = cJSON_IsObject(node), done = map ? begin_map(emitter) : begin_list(emitter);
    for (const cJSON *child = node->child; done && child; child = child->next)
        done = (!map || put_text(emitter, v, child->string)) && put_json(emitter, v, child);
    return done && (map ? end_map(emitter) : end_list(emitter));
}

/* A number stays as it is written: an amount has its cents. */
static bool put_raw(yaml_emitter_t *emitter, const struct view *v, const char *text)
{
    cJSON *json = cJSON_Parse(text);
    bool done =
        cJSON_IsNumber(json) ? put_scalar(emitter, text, true) : json && put_json(emitter, v, json);
    cJSON_Delete(json);
    return done;
}

static bool put_value(yaml_emitter_t *emitter, const struct view *v, const struct value *value)
{
    char number[32];
    const char *item = value->text;
    if (value->kind == VALUE_TEXT)
        return put_text(emitter, v, value->text);
    if (value->kind == VALUE_JSON)
        return put_raw(emitter, v, value->text);
    if (value->kind == VALUE_SWITCH)
        return put_scalar(emitter, value->number ? "true" : "false", true);
    if (value->kind == VALUE_NUMBER) {
        snprintf(number, sizeof number, "%" PRId64, value->number);
        return put_scalar(emitter, number, true);
    }
    bool done = begin_list(emitter);
    for (int64_t i = 0; done && i < value->number; i++)
        if (value->kind == VALUE_OBJECTS) {
            done = put_object(emitter, v, value->fields, &item);
        } else {
            done = put_text(emitter, v, item);
            item += strlen(item) + 1;
        }
    return done && end_list(emitter);
}

static bool put_record(yaml_emitter_t *emitter, const struct view *v,
                       const struct collection *records, size_t i)
{
    struct value value;
    bool done = begin_map(emitter);
    for (size_t at = 0; done && view_next(v, records, i, &at, &value);)
        done = put_text(emitter, v, value.field) && put_value(emitter, v, &value);
    return done && end_map(emitter);
}

static bool put_records(yaml_emitter_t *emitter, const struct view *v,
                        const struct collection *records)
{
    if (v->one && records->count == 1)
        return put_record(emitter, v, records, 0);
    bool done = begin_list(emitter);
    for (size_t i = 0; done && i < records->count; i++)
        done = put_record(emitter, v, records, i);
    return done && end_list(emitter);
}

/* An export: the organization beside its members. */
static bool put_export(yaml_emitter_t *emitter, const struct view *v,
                       const struct collection *records)
{
    const struct view all = {.clean = v->clean};
    return begin_map(emitter) && put_scalar(emitter, "organization", true) &&
           put_record(emitter, &all, v->organization, 0) && put_scalar(emitter, "members", true) &&
           put_records(emitter, v, records) && end_map(emitter);
}

static bool put_document(yaml_emitter_t *emitter, const struct view *v,
                         const struct collection *records)
{
    yaml_event_t event;
    return put(emitter, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)) &&
           put(emitter, &event,
               yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1)) &&
           (v->organization ? put_export : put_records)(emitter, v, records) &&
           put(emitter, &event, yaml_document_end_event_initialize(&event, 1)) &&
           put(emitter, &event, yaml_stream_end_event_initialize(&event));
}

bool print_yaml(const struct view *v, const struct collection *records)
{
    yaml_emitter_t emitter;
    if (!yaml_emitter_initialize(&emitter))
        return false;
    yaml_emitter_set_output_file(&emitter, stdout);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    bool done = put_document(&emitter, v, records);
    yaml_emitter_delete(&emitter);
    return done;
}
