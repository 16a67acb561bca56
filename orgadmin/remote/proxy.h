/* The proxy of a person's environment. Only orgadmin, a person's tool, looks there. */
#ifndef ORGADMIN_REMOTE_PROXY_H
#define ORGADMIN_REMOTE_PROXY_H

/* What HTTPS_PROXY or https_proxy names for URL, unless NO_PROXY or no_proxy has its host; "" for
 * none, also when URL is not https. Valid as long as the environment is not changed. */
const char *proxy_from_environment(const char *url);

#endif
