/* YAML; the only user of libyaml. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "orgadmin/print.h"

/* True when no reader of YAML 1.1 or 1.2 can take the string for anything else. */
static bool is_plain(const char *text)
{
    static const char *const words[] = {"true", "false", "null", "yes", "no",
                                        "on",   "off",   "y",    "n"};
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i]) == 0)
            return false;
    size_t begin = strspn(text, letters);
    return begin > 0 && strspn(text + begin, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                             "0123456789_.@") == strlen(text + begin);
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

static bool put_value(yaml_emitter_t *emitter, const cJSON *value);

static bool put_children(yaml_emitter_t *emitter, const cJSON *value)
{
    for (const cJSON *child = value->child; child; child = child->next) {
        if (cJSON_IsObject(value) && !put_scalar(emitter, child->string, is_plain(child->string)))
            return false;
        if (!put_value(emitter, child))
            return false;
    }
    return true;
}

static bool put_map(yaml_emitter_t *emitter, const cJSON *value)
{
    yaml_event_t event;
    int made = yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE);
    return put(emitter, &event, made) && put_children(emitter, value) &&
           put(emitter, &event, yaml_mapping_end_event_initialize(&event));
}

static bool put_list(yaml_emitter_t *emitter, const cJSON *value)
{
    yaml_event_t event;
    int made =
        yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE);
    return put(emitter, &event, made) && put_children(emitter, value) &&
           put(emitter, &event, yaml_sequence_end_event_initialize(&event));
}

static bool put_value(yaml_emitter_t *emitter, const cJSON *value)
{
    char number[32];
    if (cJSON_IsObject(value))
        return put_map(emitter, value);
    if (cJSON_IsArray(value))
        return put_list(emitter, value);
    if (cJSON_IsString(value))
        return put_scalar(emitter, value->valuestring, is_plain(value->valuestring));
    if (cJSON_IsBool(value))
        return put_scalar(emitter, cJSON_IsTrue(value) ? "true" : "false", true);
    snprintf(number, sizeof number, "%" PRId64, (int64_t)value->valuedouble);
    return put_scalar(emitter, number, true);
}

static bool put_document(yaml_emitter_t *emitter, const cJSON *value)
{
    yaml_event_t event;
    return put(emitter, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)) &&
           put(emitter, &event,
               yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1)) &&
           put_value(emitter, value) &&
           put(emitter, &event, yaml_document_end_event_initialize(&event, 1)) &&
           put(emitter, &event, yaml_stream_end_event_initialize(&event));
}

bool print_yaml(const cJSON *value)
{
    yaml_emitter_t emitter;
    if (!yaml_emitter_initialize(&emitter))
        return false;
    yaml_emitter_set_output_file(&emitter, stdout);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    bool done = put_document(&emitter, value);
    yaml_emitter_delete(&emitter);
    return done;
}
