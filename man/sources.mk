# Manual pages, one a line, sorted.

dist_man_MANS += man/autobus-browse.1
dist_man_MANS += man/autobus-call.1
dist_man_MANS += man/autobus-doctor.1
dist_man_MANS += man/autobus-listen.1
dist_man_MANS += man/autobus-protocol.7
dist_man_MANS += man/autobus-scaling.7
dist_man_MANS += man/autobus-serve.1
dist_man_MANS += man/autobus-top.1
dist_man_MANS += man/autobus-watch.1
dist_man_MANS += man/autobus.7
dist_man_MANS += man/autobus2.3
dist_man_MANS += man/autobus_batch_begin.3
dist_man_MANS += man/autobus_bus_new.3
dist_man_MANS += man/autobus_call.3
dist_man_MANS += man/autobus_call_cancel.3
dist_man_MANS += man/autobus_discoverer_new.3
dist_man_MANS += man/autobus_error_clear.3
dist_man_MANS += man/autobus_filter_new.3
dist_man_MANS += man/autobus_fire.3
dist_man_MANS += man/autobus_json_encode.3
dist_man_MANS += man/autobus_listen.3
dist_man_MANS += man/autobus_listen_services.3
dist_man_MANS += man/autobus_options_new.3
dist_man_MANS += man/autobus_proxy.3
dist_man_MANS += man/autobus_queue_new.3
dist_man_MANS += man/autobus_request_ref.3
dist_man_MANS += man/autobus_service_new.3
dist_man_MANS += man/autobus_service_on_interest.3
dist_man_MANS += man/autobus_service_set_access.3
dist_man_MANS += man/autobus_slot_cancel.3

# A page of section 3 is about all functions of its NAME. Each of the others is installed as a page
# of one line that leads there, so that `man autobus_reply` works. The NAMEs are the only list.
man_links = cd '$(srcdir)/man' && awk ' \
	/^\.SH/ { names = $$2 == "NAME"; next } \
	names { \
		for (i = 1; i <= NF && $$i != "\\-"; i++) { \
			sub(/,$$/, "", $$i); \
			if ($$i ".3" != FILENAME) print $$i, FILENAME; \
		} \
		names = i > NF; \
	}' autobus_*.3

install-data-hook:
	$(man_links) | while read -r name page; do \
		echo ".so man3/$$page" >"$(DESTDIR)$(man3dir)/$$name.3" || exit 1; \
		chmod 644 "$(DESTDIR)$(man3dir)/$$name.3" || exit 1; \
	done

uninstall-hook:
	$(man_links) | while read -r name page; do rm -f "$(DESTDIR)$(man3dir)/$$name.3"; done
