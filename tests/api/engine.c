/* The parts of the engine that no server can show: strict JSON, numbers, paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/engine.h"
#include "api/json.h"
#include "api/record.h"
#include "api/template.h"
#include "api/transfer.h"

static bool parses(const char *text)
{
    char why[JSON_WHY_MAX] = "";
    size_t len = strlen(text);
    char *exact = malloc(len + 1); /* so that a sanitizer sees one byte too many */
    memcpy(exact, text, len + 1);
    cJSON *json = json_parse(exact, len, why);
    bool good = json != NULL;
    assert_true(good || why[0] != '\0');
    cJSON_Delete(json);
    free(exact);
    return good;
}

static void test_json_parse_takes_strict_json_alone(void **state)
{
    static const char *const good[] = {"{}",
                                       " [1] \r\n",
                                       "\"\\u00e9\"",
                                       "{\"a\":{\"a\":1}}",
                                       "\"\\\\u0000\"",
                                       "\"\xc3\xa9\xf0\x9f\x98\x80\""};
    static const char *const bad[] = {"",
                                      " ",
                                      "{",
                                      "{}x",
                                      "{\"a\":1,\"a\":2}",
                                      "[{\"a\":1,\"a\":1}]",
                                      "\"",
                                      "\"\\u0000\"",
                                      "\"\\\\\\u0000\"",
                                      "\"\xff\"",
                                      "\"\xc0\x80\"",
                                      "\"\xed\xa0\x80\"",
                                      "\"\xf4\x90\x80\x80\"",
                                      "\"\xe2\x82\"",
                                      "{\"1\":1,",
                                      "[1,",
                                      "nul",
                                      "{\"a\"}",
                                      "'a'"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(parses(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(parses(bad[i]));
}

static void test_json_parse_refuses_nul(void **state)
{
    char why[JSON_WHY_MAX];
    (void)state;
    assert_null(json_parse("\"a\0b\"", 5, why));
    assert_null(json_parse("{}\0", 3, why));
}

static void test_json_at_follows_path_of_keys(void **state)
{
    char why[JSON_WHY_MAX];
    const char text[] = "{\"a\":{\"b\":\"x\",\"n\":null},\"A\":1}";
    cJSON *json = json_parse(text, strlen(text), why);
    (void)state;
    assert_string_equal(json_text(json, "a.b"), "x");
    assert_null(json_text(json, "A"));
    assert_null(json_at(json, "a.n"));
    assert_null(json_at(json, "a.b.c"));
    assert_null(json_at(json, "B"));
    assert_ptr_equal(json_at(json, ""), json);
    cJSON_Delete(json);
}

static bool integer(const char *text, int64_t *out)
{
    cJSON *json = cJSON_Parse(text);
    bool good = json_integer(json, out);
    cJSON_Delete(json);
    return good;
}

static void test_json_integer_takes_exact_natural_numbers(void **state)
{
    static const char *const bad[] = {"-1",   "0.5",   "9007199254740992", "9007199254740993",
                                      "1e16", "1e999", "-1e999",           "\"1\"",
                                      "null", "true"};
    int64_t n;
    (void)state;
    assert_true(integer("0", &n) && n == 0);
    assert_true(integer("9007199254740991", &n) && n == 9007199254740991);
    assert_true(integer("1e3", &n) && n == 1000);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(integer(bad[i], &n));
}

static bool url_is(const char *path, const char *query, const char *org, const char *user,
                   const char *want)
{
    const struct provider_arg args[] = {{"org", org}, {"user", user}, {0}};
    struct api_error err = {0};
    char url[URL_PATH_MAX];
    if (template_url(path, query, args, url, &err) != API_OK) {
        assert_int_equal(err.status, API_USAGE);
        assert_string_not_equal(err.message, "");
        return want == NULL;
    }
    return want && strcmp(url, want) == 0;
}

static bool path_is(const char *org, const char *user, const char *want)
{
    return url_is("/o/{org}/m/{user}/x", NULL, org, user, want);
}

static void test_template_url_encodes_path_segments(void **state)
{
    char longest[URL_PATH_MAX];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    (void)state;
    assert_true(path_is("org_1", "a-b._~9", "/o/org_1/m/a-b._~9/x"));
    assert_true(path_is("o", "a/b", "/o/o/m/a%2Fb/x"));
    assert_true(path_is("o", "../x", "/o/o/m/..%2Fx/x"));
    assert_true(path_is("o", "%2e?#&=+ ", "/o/o/m/%252e%3F%23%26%3D%2B%20/x"));
    assert_true(path_is("o", "\xc3\xa9\n", "/o/o/m/%C3%A9%0A/x"));
    assert_true(path_is("o", "{org}", "/o/o/m/%7Borg%7D/x"));
    assert_true(path_is("o", "..", NULL));
    assert_true(path_is("o", ".", NULL));
    assert_true(path_is("o", "", NULL));
    assert_true(path_is("o", NULL, NULL));
    assert_true(path_is(NULL, "u", NULL));
    assert_true(path_is("o", "\xff", NULL));
    assert_true(path_is("o", longest, NULL));
}

static void test_template_url_encodes_query(void **state)
{
    (void)state;
    assert_true(url_is("/x", "a={user}&b=1", NULL, "u&=?", "/x?a=u%26%3D%3F&b=1"));
    assert_true(url_is("/x", "a={user?}&b=1", NULL, NULL, "/x?b=1"));
    assert_true(url_is("/x", "b=1&a={user?}", NULL, NULL, "/x?b=1"));
    assert_true(url_is("/x", "a={user?}", NULL, NULL, "/x"));
    assert_true(url_is("/x", "a={user?}&o={org}", "..", "", "/x?a=&o=.."));
    assert_true(url_is("/x", "a={user}", NULL, NULL, NULL));
}

static bool body_is(const char *template, const char *value, const char *want)
{
    const struct provider_arg args[] = {{"a", value}, {0}};
    struct api_error err = {0};
    char *body = template_body(template, args, &err);
    bool same = body && want ? strcmp(body, want) == 0 : body == want;
    cJSON_free(body);
    return same;
}

static void test_template_body_fills_json_by_kind(void **state)
{
    (void)state;
    assert_true(body_is("{\"x\":\"$a\"}", "\"q\"", "{\"x\":\"\\\"q\\\"\"}"));
    assert_true(body_is("{\"x\":\"$a\"}", NULL, NULL));
    assert_true(body_is("{\"x\":\"$a?\",\"y\":1}", NULL, "{\"y\":1}"));
    assert_true(body_is("{\"x\":\"$a#\"}", "12", "{\"x\":12}"));
    assert_true(body_is("{\"x\":\"$a#\"}", "-1", NULL));
    assert_true(body_is("{\"x\":\"$a!\"}", "yes", "{\"x\":true}"));
    assert_true(body_is("{\"x\":\"$a!?\"}", "false", "{\"x\":false}"));
    assert_true(body_is("{\"x\":\"$a!?\"}", NULL, "{}"));
    assert_true(body_is("{\"x\":\"$a!\"}", "1", NULL));
    assert_true(body_is("{\"x\":\"$a!\"}", "", NULL));
    assert_true(body_is("{\"x\":\"$a#\"}", "1234567890123456", NULL));
    assert_true(body_is("{\"x\":{\"y\":\"$a,\"}}", "p,q", "{\"x\":{\"y\":[\"p\",\"q\"]}}"));
    assert_true(body_is("{\"x\":[\"$a\"]}", "p", "{\"x\":[\"p\"]}"));
    assert_true(body_is("{\"x\":\"r/$a\"}", "p", "{\"x\":\"r/p\"}"));
    assert_true(body_is("{\"x\":\"r/$a,?\"}", "r/p,q", "{\"x\":[\"r/p\",\"r/q\"]}"));
    assert_true(body_is("{\"x\":\"r/$a?\"}", NULL, "{}"));
    assert_true(body_is("{\"x\":\"r$a\"}", "p", "{\"x\":\"r$a\"}"));
    assert_true(body_is("{\"x\":\"$a$\"}", "300", "{\"x\":30000}"));
    assert_true(body_is("{\"x\":\"$a$\"}", "0.29", "{\"x\":29}"));
    assert_true(body_is("{\"x\":\"$a$?\"}", "299.95", "{\"x\":29995}"));
    assert_true(body_is("{\"x\":\"$a,\"}", "p,,q,", "{\"x\":[\"p\",\"q\"]}"));
    assert_true(body_is("{\"x\":\"r/$a,\"}", "", "{\"x\":[]}"));
    static const char *const bad[] = {"",     ".5", "1.5", "1.555",      "1,50",
                                      "-1",   "$1", "1e3", "1000000001", "9999999999999999999",
                                      "1.00 "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_true(body_is("{\"x\":\"$a$\"}", bad[i], NULL));
}

static void test_template_arg_takes_first_value_and_bounds_it(void **state)
{
    const struct provider_arg args[] = {{"a", NULL}, {"a", "x"}, {"a", "y"}, {0}};
    char longest[ARGUMENT_MAX + 2], *body;
    (void)state;
    assert_string_equal(template_arg(args, "a"), "x");
    assert_null(template_arg(args, "b"));
    assert_null(template_arg(NULL, "a"));
    memset(longest, 'x', sizeof longest);
    longest[ARGUMENT_MAX + 1] = '\0';
    assert_true(body_is("{\"x\":\"r/$a\"}", longest, NULL));
    longest[ARGUMENT_MAX] = '\0';
    const struct provider_arg one[] = {{"a", longest}, {0}};
    struct api_error err;
    body = template_body("{\"x\":\"r/$a\"}", one, &err);
    assert_int_equal(strlen(body), ARGUMENT_MAX + strlen("{\"x\":\"r/\"}"));
    cJSON_free(body);
}

static bool record_is(const struct field *fields, const char *item, const char *want)
{
    struct api_error err = {0};
    cJSON *json = cJSON_Parse(item);
    cJSON *record = record_make(fields, json->child ? json->child : json, "here", &err);
    char *text = cJSON_PrintUnformatted(record);
    bool same = text && want ? strcmp(text, want) == 0 : text == want;
    assert_true(text || (err.status == API_BAD_ANSWER && strstr(err.message, "here: ")));
    cJSON_free(text);
    cJSON_Delete(record);
    cJSON_Delete(json);
    return same;
}

/* The one field of KIND, taken from "v" in ITEM. */
static bool field_is(enum field_kind kind, const char *item, const char *want)
{
    const struct field fields[] = {
        {.name = "v", .from = "v", .kind = kind, .required = true, .fold = true, .strip = "/"},
        {0}};
    char whole[2 * RECORD_URL_MAX], record[2 * RECORD_URL_MAX];
    snprintf(whole, sizeof whole, "[{\"v\":%s}]", item);
    snprintf(record, sizeof record, "{\"v\":%s}", want ? want : "");
    return record_is(fields, whole, want ? record : NULL);
}

static void test_record_checks_each_kind_of_field(void **state)
{
    char text[RECORD_URL_MAX + 4], list[5 * 257 + 2] = "[";
    (void)state;
    assert_true(field_is(FIELD_TEXT, "\"AZ/BY\"", "\"by\""));
    assert_true(field_is(FIELD_TEXT, "\"a/b/AZaz@[\"", "\"azaz@[\""));
    assert_true(field_is(FIELD_TEXT, "\"a/\"", NULL));
    assert_true(field_is(FIELD_TEXT, "\"\"", NULL));
    assert_true(field_is(FIELD_TEXT, "null", NULL));
    assert_true(field_is(FIELD_TEXT, "5", NULL));
    assert_true(field_is(FIELD_WORD, "5", "\"5\""));
    assert_true(field_is(FIELD_WORD, "-5", NULL));
    assert_true(field_is(FIELD_CENTS, "5", "0.05"));
    assert_true(field_is(FIELD_CENTS, "30095", "300.95"));
    assert_true(field_is(FIELD_BOOL, "false", "false"));
    assert_true(field_is(FIELD_BOOL, "0", NULL));
    assert_true(field_is(FIELD_STATE, "\"removed\"", "\"removed\""));
    assert_true(field_is(FIELD_STATE, "\"invited\"", NULL));
    assert_true(field_is(FIELD_LIST, "\"A\"", "[\"a\"]"));
    assert_true(field_is(FIELD_LIST, "[]", "[]"));
    assert_true(field_is(FIELD_LIST, "[\"\"]", NULL));
    assert_true(field_is(FIELD_LIST, "{}", NULL));
    for (size_t i = 0; i < 257; i++) /* ITEMS_OF_LIST_MAX and one */
        memcpy(list + 1 + 4 * i, "\"a\",", 5);
    list[4 * 257] = ']';
    assert_true(field_is(FIELD_LIST, list, NULL));
    list[4 * 256] = ']', list[4 * 256 + 1] = '\0';
    assert_true(field_is(FIELD_LIST, list, list));
    assert_true(field_is(FIELD_KEYS, "[]", "[]"));
    assert_true(field_is(FIELD_KEYS,
                         "[{\"blob\":\"A\",\"type\":\"T\",\"comment\":\"x\",\"expiresAt\":null}"
                         ",{\"type\":\"\",\"blob\":\"\",\"expiresAt\":\"soon\"}]",
                         "[{\"type\":\"T\",\"blob\":\"A\"}"
                         ",{\"type\":\"\",\"blob\":\"\",\"expiresAt\":\"soon\"}]"));
    static const char *const no_keys[] = {"{}",
                                          "\"A\"",
                                          "[\"A\"]",
                                          "[null]",
                                          "[{}]",
                                          "[{\"type\":\"T\"}]",
                                          "[{\"blob\":\"A\"}]",
                                          "[{\"type\":\"T\",\"blob\":1}]",
                                          "[{\"type\":\"T\",\"blob\":\"A\",\"expiresAt\":1}]"};
    for (size_t i = 0; i < sizeof no_keys / sizeof *no_keys; i++)
        assert_true(field_is(FIELD_KEYS, no_keys[i], NULL));
    memset(text, 'x', sizeof text);
    memcpy(text + RECORD_URL_MAX + 2, "\"", 2);
    text[0] = '"';
    assert_true(field_is(FIELD_URL, text, NULL));
    memcpy(text + RECORD_TEXT_MAX + 1, "\"", 2);
    assert_true(field_is(FIELD_TEXT, text, text));
}

static void test_record_takes_id_from_key(void **state)
{
    static const struct field fields[] = {{.name = "id", .from = "@key", .required = true}, {0}};
    char item[RECORD_TEXT_MAX + 16];
    (void)state;
    assert_true(record_is(fields, "{\"k\":[]}", "{\"id\":\"k\"}"));
    assert_true(record_is(fields, "{\"\":[]}", NULL));
    memset(item, 'x', sizeof item);
    memcpy(item, "{\"", 2);
    snprintf(item + 2 + RECORD_TEXT_MAX, 8, "\":1}");
    assert_false(record_is(fields, item, NULL));
    snprintf(item + 3 + RECORD_TEXT_MAX, 8, "\":1}");
    item[2 + RECORD_TEXT_MAX] = 'x';
    assert_true(record_is(fields, item, NULL));
}

static enum api_status fetched(const char *api, const char *url)
{
    struct provider_settings settings = {.url = api};
    struct api_error err;
    enum api_status status = transfer_download(&settings, url, STDOUT_FILENO, &err);
    assert_int_equal(status, err.status);
    assert_null(strstr(err.message, "secret"));
    return status;
}

/* Nobody listens at port 1: what would be asked is unreachable. */
static void test_transfer_refuses_bad_addresses(void **state)
{
    static const char *const bad[] = {"/x",
                                      "unix:/x",
                                      "https://127.0.0.1:1?sig=secret",
                                      "https://127.0.0.1:1/a b",
                                      "https://127.0.0.1:1/a#secret",
                                      "https://127.0.0.1:1/\x7f",
                                      "https://127.0.0.1:1/\xc3\xa9"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(fetched(NULL, bad[i]), API_BAD_ANSWER);
    assert_int_equal(fetched(NULL, "https://127.0.0.1:1/x?sig=secret"), API_UNREACHABLE);
    assert_int_equal(fetched(NULL, "https://me:secret@127.0.0.1:1/x"), API_USAGE);
    assert_int_equal(fetched(NULL, "file:///etc/passwd"), API_USAGE);
    assert_int_equal(fetched("http://127.0.0.1:1", "http://192.0.2.1/x"), API_USAGE);
    assert_int_equal(fetched("http://127.0.0.1:1", "http://127.0.0.1:1/x"), API_UNREACHABLE);
    assert_int_equal(fetched("unix:/x", "http://127.0.0.1:1/x"), API_UNREACHABLE);
    assert_int_equal(fetched("https://127.0.0.1:1", "HTTP://127.0.0.1:1/x"), API_BAD_ANSWER);
    assert_int_equal(fetched(NULL, "http://127.0.0.1:1/x"), API_BAD_ANSWER);
}

static bool begins_with_letter(void *arg, const char *name, size_t len)
{
    (void)arg, (void)len;
    return name[0] >= 'a' && name[0] <= 'z';
}

/* What the compiler does not see of a provider's table. */
static void check_operation(const char *provider, int op, const struct operation *o)
{
    cJSON *body = o->body ? cJSON_Parse(o->body) : NULL;
    bool records = o->shape == ITEMS_ONE || o->shape == ITEMS_LIST || o->shape == ITEMS_MAP;
    if (o->body && !body)
        fail_msg("%s %d: the body's template is no JSON: %s", provider, op, o->body);
    cJSON_Delete(body);
    if (!template_names(o->path, begins_with_letter, NULL) ||
        !template_names(o->query, begins_with_letter, NULL) ||
        !template_names(o->body, begins_with_letter, NULL))
        fail_msg("%s %d: a template names no argument", provider, op);
    if (records && o->run && !o->fields)
        fail_msg("%s %d: records without fields", provider, op);
    if (o->paging != PAGING_NONE && !o->next)
        fail_msg("%s %d: pages without a place of the next one", provider, op);
    if (o->path && (!o->method || o->path[0] != '/'))
        fail_msg("%s %d: a path without a method, or not from the root: %s", provider, op, o->path);
    for (const struct field *f = o->fields; f && f->name; f++)
        if (!(f->from && *f->from) && !f->otherwise)
            fail_msg("%s %d: the field %s comes from nowhere", provider, op, f->name);
}

static void test_tables_of_providers_are_complete(void **state)
{
    static const struct provider_kind *const kinds[] = {
        &provider_native, &provider_intrinsic,  &provider_satusky, &provider_cratedb,
        &provider_upsun,  &provider_platformsh, &provider_file};
    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (int op = 0; kinds[k]->operations && op < OP_COUNT; op++)
            check_operation(kinds[k]->name, op, &kinds[k]->operations[op]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_parse_takes_strict_json_alone),
        cmocka_unit_test(test_json_parse_refuses_nul),
        cmocka_unit_test(test_json_at_follows_path_of_keys),
        cmocka_unit_test(test_json_integer_takes_exact_natural_numbers),
        cmocka_unit_test(test_template_url_encodes_path_segments),
        cmocka_unit_test(test_template_url_encodes_query),
        cmocka_unit_test(test_tables_of_providers_are_complete),
        cmocka_unit_test(test_template_body_fills_json_by_kind),
        cmocka_unit_test(test_record_takes_id_from_key),
        cmocka_unit_test(test_template_arg_takes_first_value_and_bounds_it),
        cmocka_unit_test(test_record_checks_each_kind_of_field),
        cmocka_unit_test(test_transfer_refuses_bad_addresses),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
