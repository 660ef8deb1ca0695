"""Running Consult on one machine with one command.

addresses    the same server in the spelling each library expects
privileges   which account the servers run as
binaries     the servers' programs, where that account can read them
data_folder  the folder of one installation: its lock, its record of processes, its short socket folder
processes    one child process: started in its own session, dies with us, stopped in steps
guardian     stops what a killed supervisor left running
servers      PostgreSQL and Valkey from wheels, embedded
supervisor   servers, worker, relay, beat and web together, until Ctrl-C
assets       the browser's files (styles, scripts, fonts), fetched and put in place
"""
