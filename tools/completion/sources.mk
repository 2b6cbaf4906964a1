# Completion for shells, installed where these look for it. For bash that is a file of each tool's name.

bash_completionsdir = $(datadir)/bash-completion/completions
dist_bash_completions_DATA = tools/completion/autobus
zsh_functionsdir = $(datadir)/zsh/site-functions
dist_zsh_functions_DATA = tools/completion/_autobus

install-data-local:
	$(MKDIR_P) "$(DESTDIR)$(bash_completionsdir)"
	for tool in $(bin_PROGRAMS); do \
		ln -sf autobus "$(DESTDIR)$(bash_completionsdir)/$${tool##*/}" || exit 1; \
	done

uninstall-local:
	for tool in $(bin_PROGRAMS); do \
		rm -f "$(DESTDIR)$(bash_completionsdir)/$${tool##*/}"; \
	done
