/*
 * listing BASE TOKEN ORG: what listing a big organization of Upsun's costs at the least: the same
 * requests as orgadmin's (a token, the organization, its members page by page with the users that
 * each page refers to), one libcurl handle, every answer parsed by cJSON and thrown away. Prints
 * how many members there were.
 *
 * listing BASE TOKEN: the same for requests that are on standard input, a target a line.
 */
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
    char *data;
    size_t used, size;
};

static CURL *curl;
static const char *base;
static struct text body;

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct text *t = arg;
    size_t len = size * count;
    if (t->used + len + 1 > t->size) {
        t->size = 2 * (t->used + len + 1);
        t->data = realloc(t->data, t->size);
        if (!t->data)
            return 0;
    }
    memcpy(t->data + t->used, data, len);
    t->used += len;
    t->data[t->used] = '\0';
    return len;
}

static cJSON *fetch(const char *path, const char *form)
{
    char url[2048];
    snprintf(url, sizeof url, "%s%s", base, path);
    body.used = 0;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    if (form)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, form);
    else
        curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    if (curl_easy_perform(curl) != CURLE_OK)
        exit(1);
    return cJSON_ParseWithLength(body.data, body.used);
}

static void fetch_users(const cJSON *links)
{
    for (const cJSON *link = links ? links->child : NULL; link; link = link->next)
        if (strncmp(link->string, "ref:users", 9) == 0)
            cJSON_Delete(fetch(cJSON_GetStringValue(cJSON_GetObjectItem(link, "href")), NULL));
}

/* One page; the path of the next one is put into PATH, or "". */
static int fetch_page(char *path, size_t size)
{
    cJSON *page = fetch(path, NULL);
    const cJSON *links = cJSON_GetObjectItem(page, "_links");
    const cJSON *next = cJSON_GetObjectItem(links, "next");
    int members = cJSON_GetArraySize(cJSON_GetObjectItem(page, "items"));
    fetch_users(links);
    snprintf(path, size, "%s", next ? cJSON_GetStringValue(cJSON_GetObjectItem(next, "href")) : "");
    cJSON_Delete(page);
    return members;
}

static struct curl_slist *authorize(const char *token)
{
    char header[4096];
    snprintf(header, sizeof header, "Authorization: Bearer %s", token);
    struct curl_slist *headers = curl_slist_append(NULL, header);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    return headers;
}

static struct curl_slist *list_upsun(const char *api_token, const char *org)
{
    char form[256], path[1024];
    int members = 0;
    snprintf(form, sizeof form,
             "client_id=upsun-cli&client_secret=&grant_type=api_token&api_token=%s", api_token);
    cJSON *token = fetch("/oauth2/token", form);
    struct curl_slist *headers =
        authorize(cJSON_GetStringValue(cJSON_GetObjectItem(token, "access_token")));
    cJSON_Delete(token);
    snprintf(path, sizeof path, "/organizations/%s", org);
    cJSON_Delete(fetch(path, NULL));
    snprintf(path, sizeof path, "/organizations/%s/members?page%%5Bsize%%5D=100", org);
    while (*path)
        members += fetch_page(path, sizeof path);
    printf("%d members\n", members);
    return headers;
}

static struct curl_slist *list_input(const char *token)
{
    char path[1024];
    int answers = 0;
    struct curl_slist *headers = authorize(token);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "listing");
    while (fgets(path, sizeof path, stdin)) {
        path[strcspn(path, "\n")] = '\0';
        cJSON_Delete(fetch(path, NULL));
        answers++;
    }
    printf("%d answers\n", answers);
    return headers;
}

int main(int argc, char *argv[])
{
    if (argc != 3 && argc != 4)
        return 2;
    base = argv[1];
    curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    struct curl_slist *headers = argc == 4 ? list_upsun(argv[2], argv[3]) : list_input(argv[2]);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    free(body.data);
    return 0;
}
