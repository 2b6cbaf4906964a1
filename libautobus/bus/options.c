/*
 * Owns the options of a bus that is not made yet. Must not know what the settings mean.
 */
#include "bus/options.h"

#include "base/error.h"
#include "base/memory.h"
#include "bus/error.h"
#include "bus/thread.h"

#define FILE_NAME "/etc/autobus2.conf"

int autobus_options_new(autobus_options **ret_options)
{
    autobus_options *options;
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!ret_options)
        return AB_EINVAL;
    options = ab_calloc(1, sizeof(*options));
    if (!options)
        return AB_ENOMEM;
    r = ab_settings_new(&options->settings);
    if (r < 0) {
        ab_free(options);
        return r;
    }
    *ret_options = options;
    return 0;
}

void autobus_options_free(autobus_options *options)
{
    if (!options || ab_thread.filters)
        return;
    ab_settings_free(options->settings);
    ab_free(options);
}

int autobus_options_set(autobus_options *options, const char *name, const char *value, autobus_error *error)
{
    char *problem = NULL;
    int r = ab_guard();

    if (r == 0 && (!options || !name || !value))
        r = AB_EINVAL;
    if (r == 0)
        r = ab_settings_set(options->settings, name, value, &problem);
    if (r == AB_ENOENT)
        return ab_error_fail_text(error, r, "there is no option of that name");
    return r < 0 ? ab_error_fail_problem(error, r, problem) : 0;
}

int autobus_options_set_log(autobus_options *options, int level, autobus_log_fn log, void *user_data)
{
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!options || level < 0 || level > AUTOBUS_LOG_DEBUG || (level > 0 && !log))
        return AB_EINVAL;
    options->log_level = log ? level : 0;
    options->log = log;
    options->log_data = user_data;
    return 0;
}

static int make(const autobus_options *options, struct ab_settings **ret_settings)
{
    struct ab_settings *copy;

    if (!options)
        return ab_settings_new(ret_settings);
    copy = ab_settings_copy(options->settings);
    if (!copy)
        return AB_ENOMEM;
    *ret_settings = copy;
    return 0;
}

int ab_options_settings(const autobus_options *options, struct ab_settings **ret_settings, autobus_error *error)
{
    struct ab_settings *settings;
    char *problem = NULL;
    int r = make(options, &settings);

    if (r < 0)
        return ab_error_fail(error, r);
    r = ab_settings_load(settings, FILE_NAME, &problem);
    if (r < 0) {
        ab_settings_free(settings);
        return ab_error_fail_problem(error, r, problem);
    }
    *ret_settings = settings;
    return 0;
}
