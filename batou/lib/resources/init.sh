#!/bin/sh
# {{batou_generated_header}}

is_running() {
{% if args.pidfile %}    kill -0 "$(cat {{args.pidfile}})" 2> /dev/null
{% else %}    start-stop-daemon --stop --test --quiet {{args.match}} > /dev/null
{% endif %}}

start() {
    is_running || start-stop-daemon --start --quiet --exec {{args.daemon}}
}

stop() {
    ! is_running || start-stop-daemon --stop --quiet --retry 60 {{args.match}}
}

case "$1" in
start)
    start
    ;;
stop)
    stop
    ;;
restart)
    stop && start
    ;;
status)
    if is_running; then
        echo "{{component.name}} is running"
    else
        echo "{{component.name}} is not running"
        exit 3
    fi
    ;;
*)
    echo "usage: $0 start|stop|restart|status" >&2
    exit 2
    ;;
esac
