/* The files that orgd init writes. A file that is there is left alone, whatever is in it. */
#ifndef ORGD_OPERATOR_INIT_FILES_H
#define ORGD_OPERATOR_INIT_FILES_H

#include <stdbool.h>

#include "orgd/operator/options.h"

#define DROP_IN "/etc/systemd/system/orgd.service.d/init.conf"

enum written { WRITTEN, THERE_ALREADY, NOT_WRITTEN };

/* True if systemd runs here and O is for orgd.service, which reads the default configuration file
 * and cannot open the files of root. */
bool init_for_service(const struct options *o);

/* True if root can copy each file that O names for the service: see DROP_IN. Else one line on
 * stderr says which path is wrong. */
bool init_paths_good(const struct options *o);

/* Writes PATH, the annotated example with the settings that O was given. For the service, a file
 * that the drop-in copies is named where the copy is. NOT_WRITTEN after one line on stderr. */
enum written init_write_settings(const struct options *o, const char *path);

/* Writes DROP_IN: the network that orgd needs for O, its right to a port below 1024, and the copies
 * of certificates, keys and the password that orgd.service can read. THERE_ALREADY also if none of
 * these is needed. NOT_WRITTEN after one line on stderr. */
enum written init_write_drop_in(const struct options *o);

#endif
